"""The talk with the user about a move: what it would change, whether to go on, and what comes next."""

import sys
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import click

from .. import preview as previews
from ..errors import RungsError
from ..models import Level
from ..screen import busy, out
from . import branch as branches
from . import move as moves
from . import project as projects
from .move import Move, Wish


@dataclass(frozen=True)
class Options:
    """What the commands have in common; their help says what each means."""

    newest: bool
    ref: str | None
    only: bool
    yes: bool
    discard: bool
    template: str | None
    since: str | None
    branch: bool
    text: Path | None
    resume: bool
    restore: bool


def run(folder: Path, answers: Mapping[str, str], options: Options) -> None:
    """Show what a move would change, ask, and write it. Ends with status 1 when it leaves conflicts.

    Raises RungsError for all that stands in the way.
    """
    if options.resume or options.restore:
        _resolve(folder, "resume" if options.resume else "restore")
        return
    moves.check_interrupted(folder)
    project = projects.at(projects.find(folder), "HEAD") if options.branch else projects.read(folder)
    asking = sys.stdin.isatty() and not (options.only or options.yes or options.branch)
    if not (options.only or options.yes or options.branch or asking):
        raise RungsError("There is no terminal to ask on whether to go on: add --yes, or --preview to look only.")
    wish = Wish(answers, options.newest, options.ref, options.since, options.template)
    # A new question and a line that moves would fight for the same terminal.
    with nullcontext() if asking else busy("Working out what would change ..."):
        move = moves.prepare(project, wish, ask=asking)
    _show(move)
    if move.empty or options.only:
        return
    if options.branch:
        _commit(move, options.text)
        return
    moves.check_discard(move, options.discard)
    if asking and not click.confirm("Write this into the project?", err=True):
        raise RungsError("Nothing was written.")
    branch = moves.carry_out(move, discard=options.discard)
    _after(move, branch)
    if move.conflicts:
        sys.exit(1)


def _commit(move: Move, text: Path | None) -> None:
    """Commit a move on its branch, and say which."""
    try:
        made = branches.make(move)
    except branches.BranchTakenError as error:
        raise RungsError(str(error)) from error
    if text is not None:
        text.write_text(made.text + "\n")
    out.print(f"\nCommitted on the branch {made.name}; nothing else was touched.", markup=False, soft_wrap=True)
    _list("To do by hand, as both sides changed these (the commit says what):", made.kept)


def _show(move: Move) -> None:
    """Print what a move would do."""
    if move.empty:
        out.print("Nothing would change: the project is up to date with these answers.")
        return
    if move.old_version != move.new_version:
        out.print(f"Template: {move.old_version} to {move.new_version}", markup=False)
    for key, (old, new) in move.answers.items():
        out.print(f"Answer {key}: {old or '(new)'} to {new or '(gone)'}", markup=False, soft_wrap=True)
    if move.changelog:
        out.print(f"\n{move.changelog}\n", markup=False, soft_wrap=True)
    changes = move.difference
    marks = previews.marked(changes)
    counts = f"{len(changes.added)} added, {len(changes.changed)} changed, {len(changes.removed)} removed"
    out.print(previews.tree(f"[bold]{counts}[/bold]", marks, marks))
    for step in _steps(*move.answers.get("level", (None, None))):
        out.print(f"\n[bold]{step}[/bold] asks of the team: {step.asks}\nCost: {step.cost}", soft_wrap=True)
    _list("Both you and the template changed the same lines of", move.conflicts)
    _list("These would be deleted although you edited them:", move.merged.edited)
    _list("You deleted these, and they stay deleted although the template changed them:", move.merged.left_out)
    _list("These are yours and stay, though nothing of ours reads them any more:", move.merged.kept)


def _steps(old: str | None, new: str | None) -> list[Level]:
    """The levels that a climb goes through, without the one that it starts from."""
    names = [level.value for level in Level]
    if old not in names or new not in names:
        return []
    return list(Level)[Level(old).rank + 1 : Level(new).rank + 1]


def _list(title: str, paths: Iterable[str]) -> None:
    lines = [f"  {path}" for path in paths]
    if lines:
        out.print("\n".join(["", title, *lines]), markup=False, soft_wrap=True)


def _after(move: Move, branch: str | None) -> None:
    """Print what has been done, and what comes next."""
    out.print()
    if branch:
        out.print(f"Your last commit is kept on the branch {branch}.", markup=False, soft_wrap=True)
    folder = move.project.folder
    if move.conflicts:
        out.print(f"Written into {folder}, with conflicts. Next:", markup=False, soft_wrap=True)
        steps = [
            "resolve the marks <<<<<<< and >>>>>>> in the files above, and `git add` each",
            "or take all of it back: git reset --hard",
        ]
    else:
        out.print(f"Written into {folder}, not committed. Next:", markup=False, soft_wrap=True)
        steps = []
    steps += ["git diff --cached                # look at it", "make setup check", "git commit"]
    out.print("\n".join(f"  {step}" for step in steps), markup=False, soft_wrap=True)


def _resolve(folder: Path, action: str) -> None:
    title, saved = moves.resolve_interrupted(folder, action)
    done = "is finished: look at it with `git diff --cached`" if action == "resume" else "is taken back"
    out.print(f"The move {title} {done}.", markup=False, soft_wrap=True)
    _list("These had changed since, and are kept in .git/rungs-kept:", saved)
