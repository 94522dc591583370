"""Who owns which path of the template, and from which level on it exists."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

from .catalog import Catalog
from .errors import RungsError
from .models import Component, Level

PACKAGE = "{{package_name}}"
BACK_ROOM = "_component"
NEVER = (
    BACK_ROOM,
    "__pycache__",
    "*.pyc",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".venv",
)


@dataclass(frozen=True)
class Owned:
    """One file of the template: where it renders to (the package named by its question), its owner and lowest level."""

    path: str
    owner: Component
    level: Level
    seed: bool


def files(template: Path) -> list[Path]:
    """Files that can be rendered, sorted."""
    never = GitIgnoreSpec.from_lines(NEVER)
    relative = (path.relative_to(template) for path in template.rglob("*") if path.is_file() or path.is_symlink())
    return sorted(path for path in relative if not never.match_file(path.as_posix()))


def folders(template: Path) -> list[str]:
    """Folders of a render, sorted: those that hold only a back room would come out empty."""
    never = GitIgnoreSpec.from_lines(NEVER)
    relative = (path.relative_to(template).as_posix() for path in template.rglob("*") if path.is_dir())
    return sorted(path for path in relative if not never.match_file(path))


def rendered(path: Path) -> str:
    """Where a file of the template goes: without `.jinja`, the answers file by its usual name."""
    text = path.as_posix().removesuffix(".jinja")
    return text.replace("{{_copier_conf.answers_file}}", ".copier-answers.yml")


def owners(catalog: Catalog) -> list[Owned]:
    """Give every file of the template its one owner.

    Raises RungsError for a path that nobody or that two components own, and for a claim or seed that matches no file.
    """
    everyone = (catalog.base, *catalog.components)
    unused = {(c.name, pattern) for c in everyone for pattern in (*c.seeds, *sum(c.claims.values(), ()))}
    result = []
    for path in files(catalog.root / "template"):
        place = rendered(path)
        found: list[tuple[Component, Level]] = []
        for component in everyone:
            level, used = _level(component, place, catalog.starts(component))
            unused -= {(component.name, pattern) for pattern in used}
            if level is not None:
                found.append((component, level))
        if not found:
            raise RungsError(f"template/{path}: nobody owns it; claim it in a component.yaml.")
        if len(found) > 1:
            names = " and ".join(component.name for component, _ in found)
            raise RungsError(f"template/{path}: {names} both own it; narrow one claim.")
        component, level = found[0]
        # A seed may be stitched: the base owns the file, the framework's part says that it is the user's.
        seeds = {(each.name, pattern) for each in everyone for pattern in each.seeds if matches(pattern, place)}
        unused -= seeds
        result.append(Owned(place, component, level, bool(seeds)))
    if unused:
        name, pattern = sorted(unused)[0]
        raise RungsError(f"{name}: `{pattern}` matches no file; correct the path or take it out.")
    return result


def matches(pattern: str, place: str) -> bool:
    """Say whether an anchored pattern covers a path (or a folder above it)."""
    return _spec(pattern.rstrip("/")).match_file(place.replace(PACKAGE, "package"))


@cache
def _spec(pattern: str) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines([pattern])


def _level(component: Component, place: str, start: Level) -> tuple[Level | None, list[str]]:
    """The highest level that claims the path, and the patterns that matched. None: not this component's."""
    used = [
        (level, pattern) for level, paths in component.claims.items() for pattern in paths if matches(pattern, place)
    ]
    inside = bool(component.folder) and PurePosixPath("/" + place).is_relative_to(component.folder)
    if not used and not inside:
        return None, []
    levels = [start, *(level for level, _ in used)]
    return max(levels, key=lambda level: level.rank), [pattern for _, pattern in used]
