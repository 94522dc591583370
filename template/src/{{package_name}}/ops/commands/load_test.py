"""Load a service as its users will, and hold latency and failures to a budget."""

import contextlib
import time

import click
import msgspec
from pydantic import Field

from .. import bundle, release
from ..errors import ProjectError
from ..serving.spare import spare
from ..settings import Section
from ..stages import STAGES
from ..traffic import send

CONNECTIONS = 8


class LoadTestSettings(Section, table="load_test"):
    """How much is asked, and what a service must keep to. Set both by the traffic that you have.

    `requests_per_second` should be what one worker meets in a busy hour. `p99_ms` is the service objective, as a client
    sees it; a spare service on a machine of your CI system is slower than one in production, never faster.
    """

    seconds: float = Field(10.0, gt=0)
    requests_per_second: float = Field(100.0, gt=0)
    p99_ms: float = Field(50.0, gt=0)
    failures: int = Field(0, ge=0)


@click.command("load-test")
@click.option("--stage", type=click.Choice(STAGES), default=STAGES[0], show_default=True)
@click.option("--url", envvar="SERVICE_URL", help="Address of the service. Without it, one is started.")
@click.pass_context
def command(ctx: click.Context, stage: str, url: str | None) -> None:
    """Send the sample rows of the released model at the rate of `[load_test]`; exit with 1 beyond its budget.

    Without an address a service is started on this machine for the test; its predictions are not logged.
    """
    settings = LoadTestSettings.load()
    loaded = bundle.load(release.current_url(stage))
    rows = msgspec.json.decode(loaded.files[bundle.SAMPLE], type=bundle.Sample).rows
    with contextlib.nullcontext((url, None)) if url else spare(stage) as (address, _):
        _wait(address)
        pause = CONNECTIONS / settings.requests_per_second
        outcome = send(address.rstrip("/"), rows, CONNECTIONS, settings.seconds, pause)
    p50, p99 = (1_000 * outcome.latency(share) for share in (0.5, 0.99))
    kept = p99 <= settings.p99_ms and outcome.failed <= settings.failures
    click.echo(
        f"{'Within' if kept else 'Beyond'} the budget: {outcome.rows:,} requests at "
        f"{outcome.rows / outcome.seconds:,.0f} a second, p50 {p50:.1f} ms, p99 {p99:.1f} ms "
        f"({settings.p99_ms:g} allowed), {outcome.failed} failed ({settings.failures} allowed)."
    )
    for reason, count in sorted(outcome.failures.items(), key=lambda pair: -pair[1])[:3]:
        click.echo(f"  {count:,} times {reason}", err=True)
    ctx.exit(0 if kept else 1)


def _wait(address: str) -> None:
    """Wait for the first answer: a service that has just been started needs a moment."""
    deadline = time.monotonic() + 30
    while True:
        try:
            send(address.rstrip("/"), [], 1)
            return
        except ProjectError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
