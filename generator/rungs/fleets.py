"""The command `rungs fleet`: many projects at once."""

import os
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.progress import Progress
from rich.table import Table

from .screen import catalog, err, options_of, out, sentence

if TYPE_CHECKING:
    from .fleet.ship import Order, Row

OPTIONS = (
    click.argument("repositories", nargs=-1, metavar="[REPOSITORY]..."),
    click.option(
        "--inventory",
        type=click.Path(path_type=Path),
        help="A file that lists repositories, one a line, or as YAML with `repository`, `folder` and `branch`.",
    ),
    click.option("--ref", help="A version of the template. [default: its newest release]"),
    click.option("--template", help="Where the template is now, if it has moved: a path or a git URL."),
    click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, help="Projects at a time."),
    click.option(
        "--work",
        type=click.Path(path_type=Path),
        default=".rungs-fleet",
        help="Where clones of repositories behind a URL are kept. [default: .rungs-fleet]",
    ),
    click.option(
        "--json", "json_file", type=click.Path(path_type=Path), help="Write the result as JSON (- prints it)."
    ),
    click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="Write the result as CSV (- prints it)."),
)


@click.group()
def fleet() -> None:
    """Look at many projects, or update them.

    \b
    rungs fleet status ../team-a ../team-b https://example.com/team-c.git
    rungs fleet update --inventory projects.txt --push
    """


@fleet.command()
@options_of(OPTIONS)
@click.option("--quick", is_flag=True, help="Do not count edited files: that takes a render of each project.")
@sentence
def status(quick: bool, **options: Any) -> None:
    """Say of each project its level, its version, what it edited of ours, and its open conflicts. Changes nothing."""
    from .fleet.ship import Order

    order = Order(update=False, ref=options["ref"], template=options["template"], quick=quick)
    rows = _run(order, **options)
    _write(rows, options)
    if not _printing(options):
        columns = ("project", "level", "version", "newest", "behind", "edited", "deleted", "conflicts", "detail")
        _table(rows, columns)
    if any(row.outcome == "failed" for row in rows):
        sys.exit(1)


@fleet.command()
@options_of(OPTIONS)
@click.option("--set", "answers", multiple=True, metavar="QUESTION=VALUE", help="Change an answer, and no version.")
@click.option("--push", is_flag=True, help="Push each branch to where its project came from.")
@sentence
def update(answers: tuple[str, ...], push: bool, **options: Any) -> None:
    """Update each project on a branch of its own, rungs/update-VERSION. No checkout is touched.

    Where git cannot decide, the project's file stays, and the commit says what the template changed. Called again,
    it goes on where it stopped.
    """
    from .fleet.ship import BAD, Order
    from .render import parse_answers

    given: Mapping[str, str] = parse_answers(catalog(), answers)
    order = Order(update=True, ref=options["ref"], answers=given, template=options["template"], push=push)
    rows = _run(order, **options)
    _write(rows, options)
    if not _printing(options):
        _table(rows, ("project", "level", "version", "newest", "outcome", "branch", "conflicts", "detail"))
        counts = Counter(row.outcome for row in rows)
        out.print(", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())))
    if any(row.outcome in BAD for row in rows):
        sys.exit(1)


def _run(order: "Order", **options: Any) -> "list[Row]":
    from .fleet import inventory, run

    entries = inventory.read(options["repositories"], options["inventory"])
    rows: dict[str, Row] = {}
    progress = Progress(console=err, transient=True, disable=not err.is_terminal)
    try:
        with progress:
            task = progress.add_task(f"{len(entries)} projects", total=len(entries))
            for row in run.each(entries, order, options["work"].absolute(), options["jobs"]):
                rows[row.project] = row
                progress.advance(task)
    except KeyboardInterrupt:
        err.print(f"Stopped after {len(rows)} of {len(entries)} projects: call it again to go on.")
    return [rows[entry.name] for entry in entries if entry.name in rows]


def _write(rows: "list[Row]", options: Mapping[str, Any]) -> None:
    from .fleet import run

    for file, form in ((options["json_file"], run.to_json), (options["csv_file"], run.to_csv)):
        if file is not None and str(file) == "-":
            print(form(rows), end="")
        elif file is not None:
            file.write_text(form(rows))


def _printing(options: Mapping[str, Any]) -> bool:
    return "-" in (str(options["json_file"]), str(options["csv_file"]))


def _table(rows: "list[Row]", columns: tuple[str, ...]) -> None:
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        values = [getattr(row, column) for column in columns]
        table.add_row(*("" if value is None else str(value).replace("[", r"\[") for value in values))
    out.print(table)
