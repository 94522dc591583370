"""Remove all rows of one subject from the prediction log."""

import click

from ...schema import SCHEMA
from ..errors import ProjectError
from ..predictions.forgetting import forget


@click.command("forget")
@click.argument("identifier")
def command(identifier: str) -> None:
    """Remove all rows of one subject from the prediction log. Services may run meanwhile."""
    if SCHEMA.identifier is None:
        raise ProjectError("schema.py names no identifier, so the log holds no row of anybody: nothing was removed.")
    done = forget(identifier)
    for stage, rows in done.rows.items():
        click.echo(f"{stage}: removed {rows:,} predictions of {done.key}, the pseudonym of this identifier.")
    if not done.rows:
        click.echo("There is no prediction log yet: nothing was removed.")
    click.echo(
        "Not reached: the data source and what was extracted from it (labels and training data stand there), trained "
        "models, the tracker, backups and old versions of a bucket. docs/predictions.md says what to do about them."
    )
    if done.still:
        raise ProjectError(
            f"New predictions of the subject keep coming in {', '.join(done.still)}: stop them, then run this again."
        )
