"""Writes the first version of schema.py, features.py and source.py from a file of the user's."""

import re
from pathlib import Path

import polars as pl

from .. import storage
from ..errors import ProjectError
from .files import replace_all
from .inference import Request, infer
from .text import features_text, schema_text, settings_text, source_text

__all__ = ["Request", "adopt"]


def adopt(url: str, request: Request) -> tuple[list[str], list[str]]:
    """Take over a CSV or Parquet file. Returns what was decided, and what to look at."""
    if not url.endswith((".csv", ".parquet")):
        raise ProjectError(f"{url} is neither .csv nor .parquet: convert it to one of these first.")
    url = _from_here(url)
    found = infer(_read(url), request)
    package = Path(__file__).parents[2]
    settings = Path("settings.toml")
    if not settings.is_file():
        raise ProjectError("settings.toml is not here: run adopt from the project's root folder.")
    texts = {
        package / "schema.py": schema_text(found),
        package / "features.py": features_text(),
        package / "source.py": source_text(found),
        settings: settings_text(settings.read_text(encoding="utf-8"), found, url),
    }
    saved = replace_all(texts)
    decided = list(found.decisions)
    decided += [f"What {old.name} held is kept as {copy.name}." for old, copy in saved.items()]
    warnings = list(found.warnings)
    if storage.exists(storage.url("registry")):
        warnings.append(
            f"{storage.url('registry')} holds models of other data: move this folder away, "
            "or give storage.root in settings.toml another one."
        )
    return decided, warnings


def _read(url: str) -> pl.DataFrame:
    if re.search(r"[*?\[]", url):
        return storage.read_tables(url)
    if not storage.exists(url):
        raise ProjectError(f"{url} does not exist: check the path.")
    return storage.read_table(url)


def _from_here(url: str) -> str:
    """A path inside the project is written relative to it, so that it holds in any checkout."""
    path = Path(url)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        return str(path.relative_to(Path.cwd()))
    return url
