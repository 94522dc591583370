"""One project of a fleet: its state, and a move of it onto a branch."""

import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import RungsError
from ..moving import branch as branches
from ..moving import git, survey
from ..moving import move as moves
from ..moving import project as projects
from ..moving.git import Repository
from ..moving.move import Wish
from ..moving.project import Project
from ..moving.template import Templates
from .inventory import Entry

FETCH = "remote.origin.fetch=+refs/heads/*:refs/remotes/origin/*"
BAD = ("conflicts", "refused", "failed")


@dataclass
class Row:
    """What is known of one project. `outcome` is empty in a report of states; a figure that is not known is None."""

    project: str
    level: str = ""
    version: str = ""
    newest: str = ""
    behind: int | None = None
    edited: int | None = None
    deleted: int | None = None
    conflicts: int | None = None
    outcome: str = ""
    branch: str = ""
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Order:
    """What is to be done with each project: nothing but a look, or a move."""

    update: bool
    ref: str | None = None
    answers: Mapping[str, str] | None = None
    template: str | None = None
    push: bool = False
    quick: bool = False


def handle(entry: Entry, order: Order, work: Path, templates: Templates) -> Row:
    """Look at one project or move it. Never raises: what is wrong with one is no reason to stop for the others."""
    row, started = Row(entry.name), time.perf_counter()
    try:
        project = open_project(entry, work)
        row.level, row.version = str(project.answers.get("level", "")), project.version or ""
        if order.update:
            _update(project, order, row, templates, remote=None if entry.local else entry.repository)
        else:
            _look(project, order, row, templates)
    except RungsError as error:
        row.outcome, row.detail = "failed", str(error)
    except Exception as error:  # a fault of ours in one project is told, and the others go on
        row.outcome, row.detail = "failed", f"{type(error).__name__}: {error}"
    row.seconds = round(time.perf_counter() - started, 2)
    return row


def open_project(entry: Entry, work: Path) -> Project:
    """Read a project of the fleet from its commit; one behind a URL is fetched into `work` first."""
    if entry.local:
        repository = Repository.of(Path(entry.repository).expanduser() / entry.folder)
        if repository is None:
            raise RungsError(f"{entry.name} is not in a git repository.")
        return projects.at(repository, entry.branch)
    stem = re.sub(r"[^A-Za-z0-9]+", "-", entry.repository).strip("-")[-60:]
    folder = work / f"{stem}-{hashlib.sha256(entry.repository.encode()).hexdigest()[:8]}.git"
    try:
        if not folder.exists():
            work.mkdir(parents=True, exist_ok=True)
            git.run(work, "clone", "--quiet", "--bare", "--config", FETCH, entry.repository, str(folder))
        git.run(folder, "fetch", "--quiet", "--prune", "origin")
    except git.GitError as error:
        raise RungsError(f"{entry.repository} cannot be fetched: {str(error).splitlines()[-1]}") from error
    prefix = f"{entry.folder.strip('/')}/" if entry.folder else ""
    default = git.run(folder, "symbolic-ref", "--short", "HEAD").strip()
    revision = f"refs/remotes/origin/{default if entry.branch == 'HEAD' else entry.branch}"
    return projects.at(Repository(folder, prefix), revision)


def _look(project: Project, order: Order, row: Row, templates: Templates) -> None:
    row.conflicts = len(survey.conflicts(project))
    template = templates.get(order.template or project.source, project.folder)
    newest = template.find(order.ref)
    row.newest = template.name(newest)
    row.behind = template.releases_between(project.version, newest)
    if not order.quick:
        row.edited, row.deleted = survey.drift(project, template)


def _update(project: Project, order: Order, row: Row, templates: Templates, remote: str | None) -> None:
    if order.answers:
        wish = Wish(order.answers, ref=order.ref, template=order.template)
    else:
        wish = Wish({}, newest=order.ref is None, ref=order.ref, template=order.template)
        template = templates.get(order.template or project.source, project.folder)
        row.newest = template.name(template.find(order.ref))
        if branches.has_update(project, row.newest):
            row.branch, row.outcome = branches.update_name(row.newest), "done before"
    if not row.outcome:
        _move(project, wish, row, templates)
    if row.branch and order.push:
        repository = project.repository
        try:
            repository.git("push", "--quiet", "--force-with-lease", remote or "origin", f"refs/heads/{row.branch}")
        except git.GitError as error:
            raise RungsError(f"The branch {row.branch} cannot be pushed: {str(error).splitlines()[-1]}") from error


def _move(project: Project, wish: Wish, row: Row, templates: Templates) -> None:
    move = moves.prepare(project, wish, ask=False, templates=templates)
    row.newest, row.conflicts = move.new_version, len(move.conflicts)
    if move.empty:
        row.outcome = "up to date"
        return
    if move.merged.edited:
        row.outcome = "refused"
        row.detail = f"It would delete files that were edited there: {projects.named(list(move.merged.edited))}."
        return
    try:
        made = branches.make(move)
    except branches.BranchTakenError as error:
        row.outcome, row.detail = "refused", str(error)
        return
    row.branch, row.detail = made.name, projects.named(list(made.kept))
    row.outcome = "conflicts" if move.conflicts else "updated"
