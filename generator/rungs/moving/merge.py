"""The three-way merge: what the template changed, put into what the project has become."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pathspec

from ..errors import RungsError
from ..render import ANSWERS
from .git import Entry, Repository

YOURS, TEMPLATE = "refs/rungs/yours", "refs/rungs/template"  # these names stand at the marks of a conflict
LINK = "120000"


@dataclass(frozen=True)
class Merged:
    """The result of a merge: a tree, and what git could not decide.

    `stages` are the index entries of the conflicts. `edited` are files that go although the project edited them,
    `left_out` those that the project had deleted and the template changed, which stay deleted. `kept` are seeds that
    the template has no place for any more. `sides` are the two renders as trees.
    """

    tree: str
    conflicts: tuple[str, ...]
    stages: str
    edited: tuple[str, ...]
    left_out: tuple[str, ...]
    kept: tuple[str, ...]
    sides: tuple[str, str]


def merge(repository: Repository, old: str, yours: str, new: str, seeds: Iterable[str], work: Path) -> Merged:
    """Merge the change from `old` to `new`, two renders, into `yours`; all are trees, and `seeds` are patterns.

    A seed is yours: what is there stays, what is missing stays missing, and only one that is new arrives.
    """
    base, ours, theirs = (repository.entries(tree) for tree in (old, yours, new))
    index = work / "index"
    seeded = pathspec.GitIgnoreSpec.from_lines(seeds)
    kept = []
    for path in {path for path in {*base, *theirs} if seeded.match_file(path)}:
        if path in base:
            if path not in theirs and path in ours:
                kept.append(path)
            theirs[path] = base[path]
        elif path in ours:
            theirs[path] = ours[path]
    if ANSWERS in ours and ANSWERS in base:
        ours[ANSWERS] = base[ANSWERS]  # nobody edits it, so the new one is taken
    edited = sorted(p for p in base if p in ours and p not in theirs and not _equal(repository, base[p], ours[p]))
    if edited:
        renamed = _renamed(repository, repository.tree(base, index), repository.tree(theirs, index))
        edited = [path for path in edited if path not in renamed]
    for path in edited:
        ours[path] = base[path]
    for path in {path for path in base if path in ours}:
        _adapt_line_ends(repository, path, base, ours, theirs)
    commits = [repository.commit_tree(repository.tree(base, index), "rendered before")]
    for name, side in ((YOURS, ours), (TEMPLATE, theirs)):
        commits.append(repository.commit_tree(repository.tree(side, index), "merged", commits[0]))
        repository.git("update-ref", name, commits[-1])
    tree, stages = _merge_tree(repository)
    left_out = _deleted_by_project(stages)
    if left_out:
        repository.git("read-tree", tree, index=index)
        repository.git("update-index", "--force-remove", "-z", "--stdin", stdin=_lines(left_out), index=index)
        tree = repository.git("write-tree", index=index).strip()
    stages = {path: lines for path, lines in stages.items() if path not in left_out}
    text = "".join(f"{line}\0" for lines in stages.values() for line in lines)
    return Merged(
        tree, tuple(sorted(stages)), text, tuple(edited), tuple(sorted(left_out)), tuple(sorted(kept)), (old, new)
    )


def _renamed(repository: Repository, old: str, new: str) -> set[str]:
    """The paths that the template has given another name: the merge follows them there with the project's lines."""
    words = ("diff-tree", "-r", "-z", "--find-renames", "--diff-filter=R", "--name-status", old, new)
    return set(repository.git(*words).split("\0")[1::3])


def _merge_tree(repository: Repository) -> tuple[str, dict[str, list[str]]]:
    settings = ("merge.renames=true", "merge.directoryRenames=false", "merge.conflictStyle=merge")
    words = [word for setting in settings for word in ("-c", setting)]
    try:
        words += ["merge-tree", "--write-tree", "-z", "--no-messages", YOURS, TEMPLATE]
        text = repository.git(*words, fine=1)  # 1: there are conflicts
    finally:
        for name in (YOURS, TEMPLATE):
            repository.git("update-ref", "-d", name)
    tree, *lines = [part for part in text.split("\0") if part]
    stages: dict[str, list[str]] = {}
    for line in lines:
        stages.setdefault(line.split("\t", 1)[1], []).append(line)
    return tree, stages


def _deleted_by_project(stages: Mapping[str, list[str]]) -> list[str]:
    """The paths that the template changed and the project deleted: stages 1 and 3, and no 2."""
    return [path for path, lines in stages.items() if [line.split("\t")[0].split()[2] for line in lines] == ["1", "3"]]


def _equal(repository: Repository, one: Entry, other: Entry) -> bool:
    return one[1] == other[1] or _unix(repository.content(one[1])) == _unix(repository.content(other[1]))


def _adapt_line_ends(
    repository: Repository, path: str, base: dict[str, Entry], ours: dict[str, Entry], theirs: dict[str, Entry]
) -> None:
    """Give the two renders of a file the line ends that the project has given it, or every line would conflict."""
    if base[path][1] == ours[path][1] or base[path][0] == LINK or base[path] == theirs.get(path):
        return
    if not _windows(repository.content(ours[path][1])) or _windows(repository.content(base[path][1])):
        return
    for side in (base, theirs):
        if path in side:
            mode, name = side[path]
            side[path] = (mode, repository.store(_unix(repository.content(name)).replace(b"\n", b"\r\n")))


def _windows(content: bytes) -> bool:
    """Whether most lines end in CR LF."""
    return 2 * content.count(b"\r\n") > content.count(b"\n") and b"\0" not in content


def _unix(content: bytes) -> bytes:
    return content if b"\0" in content else content.replace(b"\r\n", b"\n")


def _lines(paths: Iterable[str]) -> bytes:
    return "".join(f"{path}\0" for path in paths).encode()


def check_git(repository: Repository) -> None:
    """Raise RungsError when git is too old to merge without a checkout."""
    version = repository.git("version").split()[2]
    if tuple(int(part) for part in version.split(".")[:2]) < (2, 38):
        raise RungsError(f"git {version} is too old to merge beside your files: install 2.38 or newer.")
