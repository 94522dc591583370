"""A report by Evidently, for people who want to look further: a sample of a window beside one of the reference."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from .. import lineage, storage, tables
from ..errors import ProjectError
from .window import Reference, Window

SCRIPT = Path("monitoring/prometheus/explore.py")


def explore(window: Window, reference: Reference, rows: int, tell: Callable[[str], None]) -> str:
    """Write monitoring/evidently.html of at most `rows` random rows of each side, and return its URL.

    The reference is the test table, whose rows the profile of a model is made of. Raises ProjectError when a side has
    no rows, or when Evidently cannot be had or cannot take them.
    """
    known = Window.of(tables.test(), "the test table")
    if not len(window) or not len(known):
        raise ProjectError("There are no rows to compare: wait for traffic, or give a --file.")
    if lineage.data_version() != reference.model.manifest.data_version:
        tell("The test table is of other data than the released model: the report compares with the newer rows.")
    url = storage.url("monitoring", "evidently.html")
    with tempfile.TemporaryDirectory(prefix="explore-") as folder:
        for name, side in (("window", window), ("reference", known)):
            sample(side, reference, rows).write_parquet(Path(folder, f"{name}.parquet"))
        for left in _run(Path(folder)).split():
            tell(f"Column {left} holds no value on one side, and is left out.")
        storage.write_bytes(url, Path(folder, "report.html").read_bytes())
    return url


def sample(window: Window, reference: Reference, rows: int) -> pl.DataFrame:
    """Draw random rows of a window, each at most once: its features and their score. The same at each call."""
    drawn = np.random.default_rng(0).choice(len(window), min(rows, len(window)), replace=False)
    found = window.take(np.sort(drawn), reference)
    return found.features.with_columns(score=pl.Series(found.scores, dtype=pl.Float64))


def _run(folder: Path) -> str:
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        raise ProjectError("Evidently runs in an environment of its own, which uv makes: install uv and try again.")
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    words = [uv, "run", "--no-project", "--quiet", "--script", str(SCRIPT), str(folder)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1].strip(" ╰─▶│")
        raise ProjectError(
            f"Evidently made no report ({last}): its first run takes packages from PyPI, so PyPI must be in reach."
        )
    return done.stdout
