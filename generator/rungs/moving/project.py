"""The project that is to move, and all that may stand in the way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..errors import RungsError
from ..render import ANSWERS, answers_in, saved_answers
from .git import Entry, Repository

BUSY = {
    "MERGE_HEAD": ("merge", "git merge --abort"),
    "rebase-merge": ("rebase", "git rebase --abort"),
    "rebase-apply": ("rebase", "git rebase --abort"),
    "CHERRY_PICK_HEAD": ("cherry-pick", "git cherry-pick --abort"),
    "REVERT_HEAD": ("revert", "git revert --abort"),
}
SHOWN = 5  # paths named in a sentence

Files = Mapping[str, Entry]


@dataclass(frozen=True)
class Project:
    """A rendered project as a commit has it. `saved` is its answers file; `source` and `version` are what that says."""

    repository: Repository
    head: str
    saved: str
    answers: Mapping[str, Any]
    source: str
    version: str | None

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self.repository.top / self.repository.prefix

    def committed(self) -> str:
        """Return the tree of the project in its commit."""
        return self.repository.git("rev-parse", f"{self.head}:{self.repository.prefix.rstrip('/')}").strip()


def find(folder: Path) -> Repository:
    """Return the repository of a project. Raises RungsError when the folder holds none."""
    if not folder.is_dir():
        raise RungsError(f"There is no folder {folder}: give that of a project.")
    saved_answers(folder)
    repository = Repository.of(folder)
    if repository is None:
        raise RungsError(
            f"{folder} is not in a git repository, so nothing would keep your lines apart from ours: "
            "run `git init`, `git add --all` and `git commit` there first."
        )
    return repository


def read(folder: Path) -> Project:
    """Read a project that is ready to be moved: its files are those of its last commit, on a branch.

    Raises RungsError with the cure for each thing that is in the way.
    """
    repository = find(folder)
    if repository.find("HEAD^{commit}") is None:
        raise RungsError("The project has no commit yet: run `git add --all` and `git commit` first.")
    for name, (what, cure) in BUSY.items():
        if repository.path(name).exists():
            raise RungsError(f"A {what} is under way in {repository.top}: finish it, or run `{cure}`.")
    if conflicts := repository.unmerged():
        raise RungsError(f"There are open conflicts in {named(conflicts)}: resolve them and commit first.")
    if repository.branch() is None:
        raise RungsError("HEAD is detached, so the result would be on no branch: run `git switch BRANCH` first.")
    if changed := repository.changed():
        raise RungsError(f"There are changes that are not committed in {named(changed)}: commit or stash them first.")
    return at(repository, "HEAD")


def at(repository: Repository, revision: str) -> Project:
    """Read a project from a commit; the repository needs no files. Raises RungsError when it holds no answers."""
    head = repository.find(f"{revision}^{{commit}}")
    name = f"{head}:{repository.prefix}{ANSWERS}"
    if head is None or repository.find(name) is None:
        raise RungsError(f"{ANSWERS} is not committed: run `git add --force {ANSWERS}` and `git commit` first.")
    saved = repository.git("show", name)
    answers = answers_in(saved, f"{ANSWERS} of commit {head[:10]}")
    content = yaml.safe_load(saved)
    source, version = content.get("_src_path"), content.get("_commit")
    if not source:
        raise RungsError(f"{ANSWERS} does not say where the template is: take the file back from git.")
    return Project(repository, head, saved, answers, str(source), None if version is None else str(version))


def check_answers(project: Project, base: Files, render: Callable[[str], Files]) -> None:
    """Raise RungsError when an answer was edited by hand, so that the answers do not describe the project.

    `base` holds the files that the answers give, and `render` returns those that another answers file gives. An edit is
    suspected where the commit that changed an answer touched no file of ours, or where the project never had files that
    the answers give. It is one when of all files that the answer changes, none is as with the answer of now.
    """
    repository, prefix = project.repository, project.repository.prefix
    name = prefix + ANSWERS
    if repository.git("rev-parse", "--is-shallow-repository").strip() == "true":
        return  # what was there once cannot be told
    found = _last_change(project, name)
    if found is None:
        return
    commit, changed = found
    words = ("diff-tree", "-r", "-z", "--name-only", "--no-commit-id", f"{commit}^", commit)
    touched = {path.removeprefix(prefix) for path in repository.git(*words).split("\0")} - {ANSWERS}
    ours = repository.entries(project.committed())
    log = ("log", "--no-renames", "--name-only", "--format=", "-z", "--diff-filter=A", "-m", project.head)
    ever = set(repository.git(*log).replace("\n", "\0").split("\0"))
    if touched & set(base) and all(path in ours or prefix + path in ever for path in base):
        return
    earlier = render(repository.git("show", f"{commit}^:{name}"))
    differing = [path for path in {*base, *earlier} - {ANSWERS} if base.get(path) != earlier.get(path)]
    as_now = [path for path in differing if ours.get(path) == base.get(path)]
    as_before = [path for path in differing if ours.get(path) == earlier.get(path)]
    if as_before and not as_now:
        raise RungsError(
            f"{ANSWERS} was edited by hand ({', '.join(changed)}, in commit {commit[:10]}), so it does not describe "
            f"this project: take it back (git checkout {commit[:10]}^ -- {name}), commit, and use `rungs change`."
        )


def _last_change(project: Project, name: str) -> tuple[str, list[str]] | None:
    """Return the last commit that changed an answer, and the answers that it changed."""
    repository = project.repository
    for commit in repository.git("log", "--format=%H", "--first-parent", project.head, "--", name).split():
        before = _answers_at(repository, f"{commit}^", name)
        if before is None:
            return None
        after = _answers_at(repository, commit, name) or {}
        changed = sorted(key for key in {*before, *after} if before.get(key) != after.get(key) and key[0] != "_")
        if changed:
            return commit, changed
    return None


def _answers_at(repository: Repository, commit: str, name: str) -> dict[str, Any] | None:
    if repository.find(f"{commit}:{name}") is None:
        return None
    return yaml.safe_load(repository.git("show", f"{commit}:{name}")) or {}


def named(paths: list[str]) -> str:
    """Name a few paths in a sentence."""
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return ", ".join(paths[:SHOWN]) + more
