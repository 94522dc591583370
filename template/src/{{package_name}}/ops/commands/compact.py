"""Turn the lines of the prediction log into Parquet, and remove what is too old."""

import click

from ..predictions.compaction import compact


@click.command()
@click.option("--all", "everything", is_flag=True, help="Take the files too that are still written to, however new.")
def command(everything: bool) -> None:
    """Turn the lines of the prediction log into Parquet, and remove what is too old.

    Services may run meanwhile. `watch` does the same once a minute; without it, run this by the clock.
    """
    for sentence in compact(everything) or ["Nothing to compact."]:
        click.echo(sentence)
