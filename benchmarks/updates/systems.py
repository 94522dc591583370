"""The systems that are compared: each moves an edited project from one render to another."""

import contextlib
import json
import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import copier
import cruft
import pathspec

import edits as corpus
from edits import Edit, Gone
from moves import Store, lost_lines
from naive import naive

ANSWERS = ".copier-answers.yml"
OWN = (ANSWERS, ".cruft.json")  # what the tools note for themselves


@dataclass(frozen=True)
class Result:
    """What a move did: paths in conflict, lines of the user that are gone, and whether it stopped half way.

    `other` are the files that are neither in conflict nor those of a fresh render with the edits.
    """

    conflicts: tuple[str, ...]
    lost: int
    half: bool
    other: tuple[str, ...]


def rungs(store: Store, old: str, new: str) -> Callable[[Sequence[Edit]], Result]:
    """Rungs: the merge of `rungs climb`, `update` and `change`."""

    def move(edits: Sequence[Edit]) -> Result:
        outcome = store.move(old, new, edits)
        other = {*store.differing(outcome.merged.tree, outcome.wanted)} - {*outcome.merged.conflicts}
        return Result(outcome.merged.conflicts, count(store.lost(outcome)), False, tuple(sorted(other)))

    return move


def flat(store: Store, old: str, new: str) -> Callable[[Sequence[Edit]], Result]:
    """The same merge on a naive layout of the same project (tests/naive.py)."""

    def move(edits: Sequence[Edit]) -> Result:
        before, yours, after = (naive(store, tree) for tree in (old, store.edit(old, edits), new))
        merged = store.merge(before, yours, after)
        paths = store.differing(before, yours)
        trees = (store.files(tree, paths) for tree in (before, yours, merged.tree))
        wanted = naive(store, wish(store, old, new, edits))
        other = {*store.differing(merged.tree, wanted)} - {*merged.conflicts}
        return Result(merged.conflicts, count(lost_lines(*trees)), False, tuple(sorted(other)))

    return move


def wish(store: Store, old: str, new: str, edits: Sequence[Edit]) -> str:
    """Return the fresh render with the edits that can be made to it."""
    target, there = store.target(old, new), []
    for edit in edits:
        with contextlib.suppress(Gone):
            store.edit(target, [edit])
            there.append(edit)
    return store.edit(target, there)


class Tool(ABC):
    """A tool that updates a project in place. Its template has two versions, which hold the two renders as they are."""

    def __init__(self, work: Path, old: Path, new: Path, seeds: Sequence[str], store: Store) -> None:
        self._store, self._trees = store, (store.tree(old), store.tree(new))
        self.work, self.template = work, work / "template"
        self.template.mkdir(parents=True)
        git(self.template, "init", "--quiet", "--initial-branch=main")
        seeded = pathspec.GitIgnoreSpec.from_lines(seeds)
        self.seeds = [path for path in files(old) if seeded.match_file(path)]
        for version, render in (("v1", old), ("v2", new)):
            self.fill(render, version)
            git(self.template, "add", "--all", "--force")
            git(self.template, "commit", "--quiet", "--message", version)
            git(self.template, "tag", version)
        self.fresh = work / "fresh"
        self.create()
        git(self.fresh, "init", "--quiet", "--initial-branch=main")
        git(self.fresh, "add", "--all", "--force")
        git(self.fresh, "commit", "--quiet", "--message", "Render")

    @abstractmethod
    def fill(self, render: Path, version: str) -> None:
        """Write a version of the template."""

    @abstractmethod
    def create(self) -> None:
        """Render the first version into `fresh`."""

    @abstractmethod
    def update(self, project: Path) -> None:
        """Update a project to the second version."""

    def __call__(self, edits: Sequence[Edit]) -> Result:
        """Edit a project, update it, and look at it."""
        project = self.work / "project"
        shutil.rmtree(project, ignore_errors=True)
        shutil.copytree(self.fresh, project, symlinks=True)
        before = files(project)
        corpus.apply(edits, project)
        git(project, "add", "--all", "--force")
        git(project, "commit", "--quiet", "--message", "Ours")
        yours = files(project)
        failed = False
        try:
            with silence():
                self.update(project)
        except (Exception, SystemExit):
            failed = True
        after = files(project)
        left = {path.removesuffix(".rej") for path in after if path.endswith(".rej")}
        marked = {p for p, text in after.items() if b"\n<<<<<<< " in b"\n" + text and p not in left}
        unmerged = set(git(project, "diff", "--name-only", "--diff-filter=U").split("\n")) - {""}
        after = {path: text for path, text in after.items() if not path.endswith(".rej")}
        conflicts = left | marked | unmerged
        wanted = wish(self._store, *self._trees, edits)
        hoped = self._store.files(wanted, self._store.repository.entries(wanted))
        other = {path for path in {*hoped, *after} if hoped.get(path) != after.get(path)} - conflicts - {*OWN}
        lost = count(lost_lines(before, yours, after))
        half = bool(left) or (failed and after != yours)
        return Result(tuple(sorted(conflicts)), lost, half, tuple(sorted(other)))


class Copier(Tool):
    """Plain `copier update`, with the seeds left alone as Rungs' own template does it."""

    def fill(self, render: Path, version: str) -> None:  # noqa: D102
        copy(render, self.template / "template")
        (self.template / "template" / ANSWERS).unlink()
        name = "{{_copier_conf.answers_file}}.jinja"
        (self.template / "template" / name).write_text("{{ _copier_answers | to_nice_yaml -}}\n")
        owned = "\n".join(f"/{path}" for path in self.seeds)
        lines = ["_subdirectory: template", "_skip_if_exists:", *(f"  - /{path}" for path in self.seeds)]
        exclude = json.dumps("{% if _copier_operation == 'update' %}" + owned + "{% endif %}")
        (self.template / "copier.yml").write_text("\n".join([*lines, f"_exclude: [{exclude}]", ""]))

    def create(self) -> None:  # noqa: D102
        copier.run_copy(str(self.template), self.fresh, vcs_ref="v1", defaults=True, quiet=True)

    def update(self, project: Path) -> None:  # noqa: D102
        copier.run_update(project, vcs_ref="v2", defaults=True, overwrite=True, quiet=True)


class Cruft(Tool):
    """`cruft update` of a cookiecutter template, with the seeds in its `skip` list."""

    def fill(self, render: Path, version: str) -> None:  # noqa: D102
        copy(render, self.template / "{{cookiecutter.name}}")
        (self.template / "{{cookiecutter.name}}" / ANSWERS).unlink()
        context = {"name": "fresh", "_copy_without_render": ["*"]}
        (self.template / "cookiecutter.json").write_text(json.dumps(context))

    def create(self) -> None:  # noqa: D102
        cruft.create(str(self.template), output_dir=self.work, checkout="v1", no_input=True, skip=self.seeds)

    def update(self, project: Path) -> None:  # noqa: D102
        if not cruft.update(project, checkout="v2", skip_apply_ask=True, skip_update=False):
            raise RuntimeError("cruft did not update")


def copy(source: Path, target: Path) -> None:
    """Put the files of a render into a folder, in the place of what it holds."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)


def files(folder: Path) -> dict[str, bytes]:
    """Return the files of a project, without git's own."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if name.parts[0] != ".git" and (path.is_symlink() or path.is_file()):
            found[name.as_posix()] = bytes(path.readlink()) if path.is_symlink() else path.read_bytes()
    return found


def count(lost: dict[str, list[bytes]]) -> int:
    """Count lost lines."""
    return sum(len(lines) for lines in lost.values())


def git(folder: Path, *words: str) -> str:
    """Run git in a folder and return what it prints."""
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Let nothing be printed."""
    with (
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        yield
