"""The result of a move as a commit on a branch of its own: for a CI system and for fleets. No file is touched."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from .git import EMPTY, GitError, Repository
from .move import Move
from .project import Project

LONGEST = 200  # lines of a change shown as text


@dataclass(frozen=True)
class Branch:
    """A branch with one commit. `text` tells people about it; `kept` are files that stayed as the project has them."""

    name: str
    commit: str
    text: str
    kept: tuple[str, ...]


class BranchTakenError(Exception):
    """The branch holds commits that are not ours to replace."""


def has_update(project: Project, version: str) -> bool:
    """Whether the branch of an update to this version is there already, made from the project's commit of now."""
    repository = project.repository
    tip = repository.find(f"refs/heads/{update_name(version)}")
    return tip is not None and _base(repository, tip) == project.head


def update_name(version: str) -> str:
    """Return the name of the branch of an update to a version."""
    return f"rungs/update-{version}"


def name(move: Move) -> str:
    """Return the name of a move's branch."""
    if move.old_version != move.new_version:
        return update_name(move.new_version)
    changed = {key: new for key, (old, new) in move.answers.items() if old is not None and new is not None}
    words = [f"{key}-{new}" for key, new in sorted(changed.items())]
    return "rungs/" + re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(words)).strip("-.")[:100]


def make(move: Move) -> Branch:
    """Commit a move on its branch; where git could not decide, the project's file stays and the text says what differs.

    Raises BranchTakenError when somebody has worked on the branch.
    """
    project, repository = move.project, move.project.repository
    kept = tuple(sorted({*move.conflicts, *move.merged.edited}))
    text = describe(move, kept)
    title = f"Update the template from {move.old_version} to {move.new_version}"
    if move.old_version == move.new_version:
        title = "Change " + ", ".join(f"{key} to {new}" for key, (_, new) in move.answers.items())
    message = f"{title}\n\n{text}\n\nRungs-Base: {project.head}\n"
    branch = name(move)
    tip = repository.find(f"refs/heads/{branch}")
    if tip is not None and _base(repository, tip) is None:
        raise BranchTakenError(f"The branch {branch} holds commits of yours: merge or delete it first.")
    commit = repository.commit_tree(_tree(move, kept), message, project.head)
    repository.git("update-ref", "-m", "rungs", f"refs/heads/{branch}", commit, tip or EMPTY)
    return Branch(branch, commit, text, kept)


def describe(move: Move, kept: Iterable[str]) -> str:
    """Return what a move does, in Markdown: for a commit, a pull request or a merge request."""
    changes = move.difference
    lines = [f"Template: {move.old_version} to {move.new_version}." if move.old_version != move.new_version else ""]
    lines += [f"Answer `{key}`: {old or '(new)'} to {new or '(gone)'}." for key, (old, new) in move.answers.items()]
    lines += [
        f"{len(changes.added)} files are added, {len(changes.changed)} changed, {len(changes.removed)} removed; "
        "every line of yours stays."
    ]
    if move.changelog:
        lines += ["", move.changelog.replace("\n## ", "\n### ").removeprefix("#")]
    kept = list(kept)
    if kept:
        lines += [
            "",
            "### To do by hand",
            "",
            "In these files both you and the template changed the same lines, or the template removes what you edited. "
            "They stay as you have them; this is what the template changed:",
        ]
        for path in kept:
            lines += ["", f"`{path}`", "", "```diff", *_template_change(move, path), "```"]
    return "\n".join(lines).strip()


def _template_change(move: Move, path: str) -> list[str]:
    repository = move.project.repository
    words = ("diff-tree", "-p", "--no-color", "--no-ext-diff", "--no-renames", *move.merged.sides, "--", path)
    lines = [line for line in repository.git(*words).splitlines() if not line.startswith(("diff ", "index "))]
    more = [f"... and {len(lines) - LONGEST} lines more"] if len(lines) > LONGEST else []
    return lines[:LONGEST] + more


def _tree(move: Move, kept: Iterable[str]) -> str:
    """Return the tree of the whole repository with the move in it, and these files as the project has them."""
    repository, prefix = move.project.repository, move.project.repository.prefix
    ours, after = repository.entries(move.before), repository.entries(move.after)
    for path in kept:
        if f"{prefix}{path}" in ours:
            after[f"{prefix}{path}"] = ours[f"{prefix}{path}"]
        else:
            after.pop(f"{prefix}{path}", None)
    with TemporaryDirectory(prefix="rungs-") as folder:
        return repository.tree(after, Path(folder) / "index")


def _base(repository: Repository, commit: str) -> str | None:
    """Return the commit that a commit of ours was made from, or None for somebody else's."""
    try:
        return repository.git("log", "-1", "--format=%(trailers:key=Rungs-Base,valueonly)", commit).strip() or None
    except GitError:
        return None
