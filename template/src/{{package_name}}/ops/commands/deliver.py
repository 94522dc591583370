"""Decide on the model that is tried on live requests: go on, release it, or take it out."""

import click

from ..delivery import audit, control, plan
from ..delivery.decision import Decision
from ..errors import ProjectError
from ..stages import STAGES
from ..stopping import Stop

PRODUCTION = STAGES[-1]


@click.command()
@click.option("--watch", is_flag=True, help="Decide again and again, until SIGTERM.")
@click.option("--wait", is_flag=True, help="Decide again and again, until the trial ends.")
@click.option("--interval", type=click.FloatRange(min=0.05), default=15.0, show_default=True, help="Seconds between.")
@click.option("--abort", metavar="REASON", help="End the trial now, for this reason; the champion goes on.")
@click.option("--status", is_flag=True, help="Say what is tried and what was decided, and change nothing.")
def command(watch: bool, wait: bool, interval: float, abort: str | None, status: bool) -> None:
    """Decide on the model that is tried on live requests: go on, release it, or take it out.

    Every decision is added to serving/<stage>/delivery.jsonl with its evidence.
    """
    if status:
        _tell()
    elif abort is not None:
        ended = audit.abort(PRODUCTION, abort)
        click.echo(_said(ended) if ended else "Nothing is tried.")
    elif watch or wait:
        _follow(interval, until_ended=wait and not watch)
    else:
        decision = control.step(PRODUCTION)
        click.echo(_said(decision) if decision else "Nothing is tried.")


def _follow(interval: float, until_ended: bool) -> None:
    stop, last = Stop(), ""
    while not stop:
        try:
            decision = control.step(PRODUCTION)
        except ProjectError as error:  # storage away: the service goes on with what it has, and we look again
            click.echo(f"Error: {error}", err=True)
        else:
            if decision is None and until_ended:
                return
            if decision is not None and decision.sentence != last:
                click.echo(_said(decision))
                last = decision.sentence
        stop.wait(interval)


def _tell() -> None:
    for decision in audit.history(PRODUCTION)[-20:]:
        click.echo(f"{decision.at}  {_said(decision)}")
    found = plan.current(PRODUCTION)
    if found is None:
        click.echo("Nothing is tried now.")
        return
    step = found.step
    click.echo(
        f"Version {found.release.version} is tried beside version {found.champion} (experiment {found.experiment}): "
        f"step {found.position + 1} of {len(found.steps)}, {step.phase}, {step.share:.0%} of the requests."
    )


def _said(decision: Decision) -> str:
    return f"{decision.action}: {decision.sentence}"
