"""Moves edited projects between renders, as trees in one git store, and says what each move owes the user."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pathspec

import edits as corpus
from edits import Edit, Gone
from rungs.moving.git import Entry, Repository, run
from rungs.moving.merge import Merged, merge

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Remembering(Repository):
    """A repository that asks git only once for what never changes: the files of a tree, the bytes of an object."""

    memory: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def _once(self, *key: str, ask: Callable[[], Any]) -> Any:
        if key not in self.memory:
            self.memory[key] = ask()
        return self.memory[key]

    def entries(self, tree: str) -> dict[str, Entry]:
        return dict(self._once("entries", tree, ask=lambda: super(Remembering, self).entries(tree)))

    def content(self, object_name: str) -> bytes:
        return bytes(self._once("content", object_name, ask=lambda: super(Remembering, self).content(object_name)))

    def tree(self, entries: Mapping[str, Entry], index: Path) -> str:
        key = repr(sorted(entries.items()))
        return str(self._once("tree", key, ask=lambda: super(Remembering, self).tree(entries, index)))

    def commit_tree(self, tree: str, message: str, *parents: str) -> str:
        ask = lambda: super(Remembering, self).commit_tree(tree, message, *parents)  # noqa: E731
        return str(self._once("commit", tree, message, *parents, ask=ask))


@dataclass(frozen=True)
class Outcome:
    """What became of a project: the trees before, with the edits, rendered anew, wanted, and merged.

    `gone` are the edits whose files the new render does not have; they are not in `wanted`.
    """

    old: str
    yours: str
    new: str
    wanted: str
    merged: Merged
    gone: tuple[Edit, ...]


class Store:
    """Renders, and renders with edits, as trees of one repository."""

    def __init__(self, folder: Path, seeds: Sequence[str]) -> None:
        folder.mkdir(parents=True)
        run(folder, "init", "--quiet")
        self.repository = Remembering(folder, "")
        self._seeds = pathspec.GitIgnoreSpec.from_lines(seeds)
        self._patterns = list(seeds)
        self._work = folder / ".git/rungs-tests"
        self._work.mkdir()
        self._folders: dict[str, Path] = {}
        self._edited: dict[tuple[str, tuple[str, ...]], str] = {}
        self._numbers = itertools.count()

    def tree(self, folder: Path) -> str:
        """Store the files of a folder."""
        return self.repository.tree_of_folder(folder, self._work / "index")

    def edit(self, tree: str, edits: Sequence[Edit], renamed: Mapping[str, str] | None = None) -> str:
        """Apply edits to a tree and return the new one. Raises Gone when there is nothing to edit."""
        key = (tree, tuple(edit.name for edit in edits))
        if key not in self._edited:
            self._edited[key] = self._edit(tree, edits, renamed or {})
        return self._edited[key]

    def _edit(self, tree: str, edits: Sequence[Edit], renamed: Mapping[str, str]) -> str:
        folder = self._checkout(tree)
        index = folder.with_suffix(".index")
        words = (f"--work-tree={folder}",)
        try:
            corpus.apply(edits, folder, renamed)
        finally:
            self.repository.git(*words, "add", "--all", "--force", ".", index=index)
            result = self.repository.git("write-tree", index=index).strip()
            self.repository.git(*words, "read-tree", "--reset", "-u", tree, index=index)
        return result

    def _checkout(self, tree: str) -> Path:
        if tree not in self._folders:
            folder = self._work / str(next(self._numbers))
            folder.mkdir()
            self.repository.git(
                f"--work-tree={folder}", "read-tree", "--reset", "-u", tree, index=folder.with_suffix(".index")
            )
            self._folders[tree] = folder
        return self._folders[tree]

    def target(self, old: str, new: str) -> str:
        """Return what a move without edits owes: the new render, and the seeds of the old one as they were."""
        before, after = self.repository.entries(old), dict(self.repository.entries(new))
        after.update({path: entry for path, entry in before.items() if self._seeds.match_file(path)})
        return self.repository.tree(after, self._work / "index")

    def move(self, old: str, new: str, edits: Sequence[Edit], renamed: Mapping[str, str] | None = None) -> Outcome:
        """Move a project with edits from one render to another, whose template has `renamed` files."""
        yours, target = self.edit(old, edits), self.target(old, new)
        there, gone = [], []
        for edit in edits:
            try:
                self.edit(target, [edit], renamed)
                there.append(edit)
            except Gone:
                gone.append(edit)
        merged = self.merge(old, yours, new)
        return Outcome(old, yours, new, self.edit(target, there, renamed), merged, tuple(gone))

    def debts(self, outcome: Outcome, edits: Sequence[Edit]) -> list[str]:
        """Say what a move owes: lost lines, conflicts that need not be, files that are not as they should be.

        A conflict is as it should be where an edit that changed lines and the template met at the same place, or where
        what the edit added to is gone. A file
        that goes may be one that the project edited only when the new render has none of its name; it is named then.
        """
        found = [f"{path} has lost {lines}" for path, lines in self.lost(outcome).items()]
        merged = outcome.merged
        for path in merged.conflicts:
            changing = [edit for edit in edits if not edit.additive or edit in outcome.gone]
            if not any(path in self.touched(outcome.old, edit) for edit in changing):
                found.append(f"{path} has a conflict, though every edit only added to it")
            elif self.meet(outcome, path) == "nowhere":
                found.append(f"{path} has a conflict, though the two sides changed different places of it")
        going = {path for edit in outcome.gone for path in self.touched(outcome.old, edit)}
        after = self.repository.entries(outcome.new)
        found += [f"{path} would be deleted unasked" for path in merged.edited if path not in going or path in after]
        wrong = {*self.differing(merged.tree, outcome.wanted)} - {*merged.conflicts}
        return found + [f"{path} is not the fresh one with the edits" for path in sorted(wrong)]

    def touched(self, old: str, edit: Edit) -> set[str]:
        """Return the paths that an edit changes in a tree."""
        return set(self.differing(old, self.edit(old, [edit])))

    def merge(self, old: str, yours: str, new: str) -> Merged:
        """Merge trees as `rungs` does."""
        return merge(self.repository, old, yours, new, self._patterns, self._work)

    def as_merged(self, tree: str) -> Merged:
        """Return a tree as if a merge without conflicts had given it."""
        return Merged(tree, (), "", (), (), (), (tree, tree))

    def with_files(self, tree: str, files: Files, without: Iterable[str]) -> str:
        """Return a tree with some files put in, after others are taken out."""
        taken = set(without)
        entries = {path: entry for path, entry in self.repository.entries(tree).items() if path not in taken}
        entries.update({path: ("100644", self.repository.store(content)) for path, content in files.items()})
        return self.repository.tree(entries, self._work / "index")

    def differing(self, one: str, other: str) -> list[str]:
        """Return the paths that differ between two trees."""
        words = ("diff-tree", "-r", "-z", "--name-only", "--no-renames", one, other)
        return [path for path in self.repository.git(*words).split("\0") if path]

    def files(self, tree: str, paths: Iterable[str]) -> dict[str, bytes]:
        """Return the content of those paths that a tree has."""
        entries: Mapping[str, Entry] = self.repository.entries(tree)
        return {path: self.repository.content(entries[path][1]) for path in paths if path in entries}

    def lost(self, outcome: Outcome) -> dict[str, list[bytes]]:
        """Return the lines of the user that a move has lost; those that it refuses to drop unasked do not count."""
        touched = self.differing(outcome.old, outcome.yours)
        trees = (outcome.old, outcome.yours, outcome.merged.tree)
        before, yours, after = (self.files(tree, touched) for tree in trees)
        if not yours.keys() <= after.keys():
            after |= self.files(outcome.merged.tree, self.differing(outcome.old, outcome.merged.tree))
        found = lost_lines(before, yours, after)
        return {path: lines for path, lines in found.items() if path not in outcome.merged.edited}

    def meet(self, outcome: Outcome, path: str) -> str:
        """Say where two sides changed a file: at a "line" that both changed, at a "border", or "nowhere"."""
        trees = (outcome.old, outcome.yours, outcome.new)
        base, ours, theirs = (self.repository.entries(tree).get(path) for tree in trees)
        if base is None or ours is None or theirs is None:
            return "line"  # one side removed all of them
        return self.meeting(base[1], ours[1], theirs[1])

    def meeting(self, base: str, ours: str, theirs: str) -> str:
        """Say where two versions of a text, as objects, changed it; see `meet`. Git takes a border for one place."""
        changes = [self._changes(base, side) for side in (ours, theirs)]
        overlaps = [min(a[1], b[1]) - max(a[0], b[0]) for a, b in itertools.product(*changes)]
        return "line" if max(overlaps, default=-1) > 0 else "border" if max(overlaps, default=-1) == 0 else "nowhere"

    def _changes(self, base: str, side: str) -> list[tuple[int, int]]:
        words = ("diff", "--unified=0", "--diff-algorithm=histogram", "--ignore-cr-at-eol", "--no-color", base, side)
        hunks = re.findall(r"^@@ -(\d+)(?:,(\d+))? ", self.repository.git(*words), re.MULTILINE)
        found = []
        for first, count in hunks:
            lines = int(count or 1)
            start = int(first) - 1 if lines else int(first)
            found.append((start, start + lines))
        return found


def lost_lines(before: Files, yours: Files, after: Files) -> dict[str, list[bytes]]:
    """Return, by path, the lines that `yours` has added to `before` and that are not to be found in `after`.

    A file that went is looked for where its other lines are now. Blank lines and line ends do not count; a file that is
    not text is one line.
    """
    vanished = {path: content for path, content in before.items() if path not in yours}
    lost = {}
    for path, content in yours.items():
        if content == before.get(path):
            continue
        base = before.get(path) or _nearest(content, vanished)
        place = after.get(path) or _nearest(content, {p: text for p, text in after.items() if p not in yours})
        if missing := (_lines(content) - _lines(base)) - _lines(place):
            lost[path] = sorted(missing.elements())
    return lost


def _lines(content: bytes) -> Counter[bytes]:
    if b"\0" in content:
        return Counter([content])
    return Counter(line for line in content.replace(b"\r\n", b"\n").split(b"\n") if line.strip())


def _nearest(content: bytes, files: Files) -> bytes:
    """Return the file that holds most of the lines of another one, at least half of them; else nothing."""
    lines = _lines(content)
    shared = {path: (lines & _lines(other)).total() for path, other in files.items()}
    best = max(shared, key=lambda path: shared[path], default=None)
    return files[best] if best is not None and 2 * shared[best] >= lines.total() else b""
