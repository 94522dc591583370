"""What an answer set gives as a tree, and what a changed answer would add, change and remove."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.tree import Tree

from .render import ANSWERS, rendered

MARKS = {"added": ("+", "green"), "changed": ("~", "yellow"), "removed": ("-", "red")}


@dataclass(frozen=True)
class Difference:
    """Paths that differ between two renders, sorted."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def contents(answers: Mapping[str, str]) -> dict[str, bytes]:
    """Every file that the answers give, by path."""
    with rendered(answers) as project:
        return {path: (project / path).read_bytes() for path in _paths(project)}


def difference(before: Mapping[str, object], after: Mapping[str, object]) -> Difference:
    """Compare two renders. The answers file, which always differs, is left out."""
    both = (before.keys() & after.keys()) - {ANSWERS}
    return Difference(
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(path for path in both if before[path] != after[path])),
        removed=tuple(sorted(before.keys() - after.keys())),
    )


def tree(title: str, paths: Iterable[str], marks: Mapping[str, str] | None = None) -> Tree:
    """Draw paths as a tree; `marks` gives some of them a mark of MARKS."""
    top = Tree(title)
    folders: dict[Path, Tree] = {Path(): top}
    for path in sorted(paths):
        for parent in reversed([*Path(path).parents][:-1]):
            if parent not in folders:
                folders[parent] = folders[parent.parent].add(f"[bold]{parent.name}/[/bold]")
        sign, colour = MARKS.get((marks or {}).get(path, ""), ("", ""))
        name = Path(path).name.replace("[", r"\[")
        folders[Path(path).parent].add(f"[{colour}]{sign} {name}[/{colour}]" if sign else name)
    return top


def marked(changes: Difference) -> dict[str, str]:
    """The mark of each path that differs."""
    return {path: name for name in MARKS for path in getattr(changes, name)}


def _paths(project: Path) -> list[str]:
    return sorted(path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file())
