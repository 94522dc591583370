"""Start a retraining if an alert calls for it; otherwise say why not."""

import click

from .. import retraining, trigger
from ..errors import GateClosed, ProjectError
from ..stopping import Stop


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be decided, and do nothing.")
@click.option("--reset", metavar="REASON", help="Close the circuit again: what was mended, for the record.")
def command(dry_run: bool, reset: str | None) -> None:
    """Start a retraining if an alert calls for it; otherwise say why not.

    Decisions are added to monitoring/decisions.jsonl.
    """
    if reset is not None:
        click.echo(trigger.reset(reset))
        return
    stop = Stop()
    last = retraining.consider(click.echo, lambda: bool(stop), dry_run=dry_run)
    if last.outcome in ("failed", "stopped"):
        raise ProjectError(last.sentence)
    if last.outcome == "gate closed":
        raise GateClosed(last.sentence)
    if last.outcome not in ("", "started"):
        click.echo(last.sentence)
