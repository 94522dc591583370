"""Send rows to the running service, and show rate, latency and failures."""

import io
from typing import Any

import click
import polars as pl

from ... import source
from ...schema import SCHEMA
from .. import storage
from ..errors import ProjectError
from ..traffic import send


@click.command()
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="The service.")
@click.option("--rows", default=1000, show_default=True, type=click.IntRange(min=1))
@click.option("--file", "path", help="Requests as NDJSON; by default the newest rows of the data source.")
@click.option("--connections", default=8, show_default=True, type=click.IntRange(1, 256))
@click.option("--seconds", default=0.0, help="Send them again and again for so long.")
@click.option("--pause", default=0.0, help="Seconds that a connection waits before each request.")
@click.pass_context
def command(
    ctx: click.Context,
    url: str,
    rows: int,
    path: str | None,
    connections: int,
    seconds: float,
    pause: float,
) -> None:
    """Send rows to the running service, one request each; exit with 1 when a request fails."""
    outcome = send(url.rstrip("/"), _requests(path, rows), connections, seconds, pause)
    served = ", ".join(f"{count:,} by version {name}" for name, count in outcome.versions.items())
    click.echo(
        f"{outcome.rows:,} requests in {outcome.seconds:.1f} s ({outcome.rows / outcome.seconds:,.0f} a second), "
        f"p50 {1_000 * outcome.latency(0.5):.1f} ms, p99 {1_000 * outcome.latency(0.99):.1f} ms; "
        f"answered: {served or 'none'}; failed: {outcome.failed}."
    )
    for reason, count in sorted(outcome.failures.items(), key=lambda pair: -pair[1])[:3]:
        click.echo(f"  {count:,} times {reason}", err=True)
    ctx.exit(1 if outcome.failed else 0)


def _requests(path: str | None, rows: int) -> list[dict[str, Any]]:
    if path is not None:
        try:
            return pl.read_ndjson(io.BytesIO(storage.read_bytes(path))).head(rows).to_dicts()
        except pl.exceptions.PolarsError as error:
            raise ProjectError(f"{path} is not NDJSON ({error}): give one object a line.") from error
    frame = source.load()
    if SCHEMA.time is not None:
        frame = frame.sort(SCHEMA.time, maintain_order=True)
    key = [SCHEMA.identifier] if SCHEMA.identifier in frame.columns else []
    frame = frame.select(*key, *SCHEMA.names).tail(rows)
    return frame.with_columns(pl.selectors.float().fill_nan(None)).to_dicts()
