"""Compare a sample of a window with one of the reference in a report by Evidently, for people."""

import click

from ..monitoring import explore
from ..monitoring.run import read_window, window_names
from ..monitoring.settings import MonitoringSettings
from ..monitoring.window import Reference
from ..monitoring.windows import landing


@click.command("explore")
@click.option(
    "--window",
    type=click.Choice(window_names()),
    default=window_names()[0],
    show_default=True,
    help="Where the rows come from.",
)
@click.option("--file", "path", help="Look at this Parquet, CSV or NDJSON file instead.")
@click.option("--rows", type=click.IntRange(min=1), help="Draw from so many of the newest rows.")
@click.option("--sample", default=5_000, show_default=True, type=click.IntRange(2, 100_000), help="Rows of each side.")
def command(window: str, path: str | None, rows: int | None, sample: int) -> None:
    """Compare a sample of a window with one of the reference in a report by Evidently, for people.

    Alerts come from `monitor` alone: this is for looking further. Evidently gets an environment of its own.
    """
    reference = Reference.released()
    rows = rows or MonitoringSettings.load().window_rows
    seen = read_window(window, reference, rows) if path is None else landing.read_file(reference, path, rows)
    click.echo(f"Drawing from {seen.title}.")
    click.echo(f"Wrote {explore.explore(seen, reference, sample, click.echo)}")
