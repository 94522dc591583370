"""What a release promises for ever: every question and every value that it offered, and updates from its template."""

import subprocess
from pathlib import Path
from typing import Any

import yaml
from packaging.version import InvalidVersion, Version

from .catalog import Catalog
from .errors import RungsError

FOLDER = Path("tests/answers")
CHANGELOG = Path("CHANGELOG.md")


def offered(catalog: Catalog) -> dict[str, list[str]]:
    """Return every question with its values; one that takes a text has none."""
    return {question.id: list(catalog.choices(question)) for question in catalog.questions}


def lost(catalog: Catalog, frozen: dict[str, list[str]]) -> list[str]:
    """Return what a release offered and the catalog does not: it would make updates of its projects delete files."""
    now = offered(catalog)
    gone = [question for question in frozen if question not in now]
    gone += [
        f"{question}={value}" for question in frozen if question in now for value in frozen[question]
        if value not in now[question]
    ]  # fmt: skip
    return gone


def frozen(root: Path) -> dict[str, dict[str, Any]]:
    """Return what was frozen of each release, by version."""
    return {file.stem: yaml.safe_load(file.read_text()) for file in sorted((root / FOLDER).glob("v*.yaml"))}


def freeze(catalog: Catalog, version: str) -> Path:
    """Write down what a release offers. Raises RungsError for a version that cannot be released now."""
    try:
        wanted = Version(version)
    except InvalidVersion as error:
        raise RungsError(f"`{version}` is no version: write it as v1.2.3.") from error
    name = f"v{wanted}"
    file = catalog.root / FOLDER / f"{name}.yaml"
    if file.exists():
        raise RungsError(f"{name} is frozen already, and what is released never changes: choose the next version.")
    newest = max((Version(known) for known in frozen(catalog.root)), default=None)
    if newest is not None and wanted <= newest:
        raise RungsError(f"{name} is not newer than v{newest}: choose a higher version.")
    if f"\n## {name}" not in (catalog.root / CHANGELOG).read_text():
        raise RungsError(f"{CHANGELOG} has no section `## {name}`: say there what an update will do to a project.")
    promised = {"template": _objects(catalog.root), "questions": offered(catalog)}
    file.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(promised, sort_keys=False)
    file.write_text(
        f"# {name}: its template, as git's objects, and what it offered. Never changed: a project of it is updated\n"
        f"# from there, and an answer that it has given stays good.\n{text}"
    )
    return file


def _objects(root: Path) -> dict[str, str]:
    """Return git's names of what Copier renders. They are the same in every clone, whatever becomes of the branch."""
    paths = ("copier.yml", "template")
    words = (["status", "--porcelain", "--", *paths], ["rev-parse", *(f"HEAD:{path}" for path in paths)])
    done = [subprocess.run(["git", *given], cwd=root, capture_output=True, text=True, check=False) for given in words]  # noqa: S603, S607
    if any(result.returncode for result in done) or done[0].stdout:
        raise RungsError("The template is not committed as it is: commit it, then freeze it.")
    return dict(zip(paths, done[1].stdout.split(), strict=True))
