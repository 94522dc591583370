"""Go back to the model that served before."""

import click

from .. import release
from ..errors import ProjectError
from ..plugins import part
from ..registry import CHAMPION, open_registry
from ..stages import STAGES


@click.command("rollback")
@click.option("--stage", type=click.Choice(STAGES), default=STAGES[-1], show_default=True)
@click.option("--reason", default="rolled back by hand", help="Why, for the history of releases.")
def command(stage: str, reason: str) -> None:
    """Serve the version that was released before the current one; it needs neither registry nor training.

    A version that is only tried on live requests goes first, and the released one stays.
    """
    trial = part("delivery.audit")
    if trial is not None and trial.abort(stage, reason) is not None:
        served = release.current(stage)
        kept = "" if served is None else f" Version {served.version} answers every request."
        click.echo(f"The trial of a new version in stage {stage} is ended.{kept}")
        return
    record = release.rollback(stage, reason)
    click.echo(f"Stage {stage} serves version {record.version} again.")
    if stage == STAGES[-1]:
        try:
            open_registry().set_alias(CHAMPION, record.version)
        except ProjectError as error:  # the service is safe already; that comes first
            click.echo(
                f"The registry still calls another version {CHAMPION} ({error}): "
                "promote this one again once the registry answers.",
                err=True,
            )
