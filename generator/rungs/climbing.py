"""The commands that move a project: `rungs climb`, `rungs update`, `rungs change`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from .errors import RungsError
from .models import Level
from .screen import catalog, options_of, sentence

FOLDER = click.argument("project", type=click.Path(path_type=Path), default=".", metavar="[PROJECT]")
OPTIONS = (
    click.option("--preview", "only", is_flag=True, help="Show what would change, and write nothing."),
    click.option("-y", "--yes", is_flag=True, help="Do not ask whether to go on; new questions take their defaults."),
    click.option("--discard", is_flag=True, help="Delete files that you edited, too; a branch keeps your last commit."),
    click.option("--template", help="Where the template is now, if it has moved: a path or a git URL."),
    click.option("--from", "since", help="The version that the project was rendered from, if its answers do not say."),
    click.option("--branch", is_flag=True, help="Commit the result on a branch of its own, and touch no file."),
    click.option("--text", type=click.Path(path_type=Path), help="With --branch: write what it does to a file."),
    click.option("--resume", is_flag=True, help="Finish a move that was cut off."),
    click.option("--restore", is_flag=True, help="Take back a move that was cut off."),
)


@click.command()
@click.argument("level", type=click.Choice([level.value for level in Level]), required=False)
@click.option("--project", type=click.Path(path_type=Path), default=".", help="The project's folder. [default: here]")
@options_of(OPTIONS)
@sentence
def climb(level: str | None, project: Path, **options: Any) -> None:
    """Move a project up to LEVEL, by default the next one, and keep every line of yours.

    Shows what would change first. The version of the template stays: `rungs update` changes that.
    """
    from .render import saved_answers

    if not (options["resume"] or options["restore"]):
        now = Level(saved_answers(project)["level"])
        level = level or next((other.value for other in Level if other.rank == now.rank + 1), None)
        if level is None:
            raise RungsError(f"The project is at level {now} already, which is the highest.")
        if level == now:
            raise RungsError(f"The project is at level {now} already.")
    _run(project, {"level": level or ""}, newest=False, ref=None, **options)


@click.command()
@FOLDER
@click.option("--ref", help="A version of the template. [default: its newest release]")
@options_of(OPTIONS)
@sentence
def update(project: Path, ref: str | None, **options: Any) -> None:
    """Bring what a newer version of the template has improved into a project, and keep every line of yours."""
    _run(project, {}, newest=ref is None, ref=ref, **options)


@click.command()
@click.argument("answers", nargs=-1, required=False, metavar="QUESTION=VALUE...")
@click.option("--project", type=click.Path(path_type=Path), default=".", help="The project's folder. [default: here]")
@options_of(OPTIONS)
@sentence
def change(answers: tuple[str, ...], project: Path, **options: Any) -> None:
    """Change answers of a project, such as ci=gitlab-ci, and keep every line of yours."""
    from .render import parse_answers

    if not answers and not (options["resume"] or options["restore"]):
        raise RungsError("Say which answer changes, as question=value; `rungs options` lists them.")
    _run(project, parse_answers(catalog(), answers), newest=False, ref=None, **options)


def _run(project: Path, answers: Mapping[str, str], **options: Any) -> None:
    from . import render  # Copier takes a quarter of a second to import
    from .moving import dialogue

    render.hurry()
    dialogue.run(project, answers, dialogue.Options(**options))
