"""What teams do to a project in its first year: a corpus of edits, to try on updates whether every line survives.

An edit is applied to a rendered project, alone or after others in the order of the corpus. It asserts that what it
edits is there. `additive` edits add lines and files and change nothing; no update may ever conflict with one.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from . import code, docs, files, infrastructure, science, workflows
from .base import Edit, Folder, Gone

__all__ = ["CORPUS", "EXCLUDED", "Edit", "Folder", "Gone", "apply", "named", "together"]

# Renames, deletions and new line ends come last: the others find their files.
CORPUS: tuple[Edit, ...] = tuple(
    edit for module in (science, code, workflows, infrastructure, docs, files) for edit in module.EDITS
)
# Pairs of edits that cannot be in one project: the second one needs what the first one replaced or removed.
EXCLUDED = (
    {"replace the model", "change a parameter of the baseline"},
    {"read the warehouse", "log what is loaded"},
    {"add a service to compose.yaml", "include a compose file, last"},  # a list and what follows it, both at the end
)


def named(*names: str) -> list[Edit]:
    """Return edits by their names, in the order of the corpus."""
    found = [edit for edit in CORPUS if edit.name in names]
    assert len(found) == len(set(names)), set(names) - {edit.name for edit in found}
    return found


def together(edits: Iterable[Edit]) -> list[Edit]:
    """Return those of some edits that can be in one project, in the order of the corpus."""
    chosen: list[Edit] = []
    for edit in edits:
        if not any({edit.name, other.name} in EXCLUDED for other in chosen):
            chosen.append(edit)
    return sorted(chosen, key=CORPUS.index)


def apply(edits: Sequence[Edit], project: Path, renamed: Mapping[str, str] | None = None) -> None:
    """Apply edits to a project, under the new names of its files. Raises Gone when there is nothing to edit."""
    folder = Folder(project, renamed)
    for edit in edits:
        edit.act(folder)
