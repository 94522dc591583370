"""Let the next simulated applications arrive, with drift on demand."""

import importlib
from typing import Any

import click
import polars as pl

from ...schema import SCHEMA
from .. import storage
from ..errors import ProjectError
from ..plugins import PACKAGE

DRIFTS = ("none", "covariate", "sudden", "gradual", "schema")


@click.command("simulate")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3660))
@click.option("--drift", default="none", show_default=True, type=click.Choice(DRIFTS))
@click.option(
    "--requests",
    default=0,
    type=click.IntRange(min=0),
    help="Also write so many of the new applications, without labels, as requests to the service.",
)
def command(days: int, drift: str, requests: int) -> None:
    """Append simulated applications to the landing folder, from the day after the newest one on.

    Drift "covariate" brings other people; "sudden" and "gradual" change what is risky as well; "schema" is a sender
    that changed its format.
    """
    simulator, settings = _seeds()
    frame = simulator.append(settings.applications, settings.labels, days, drift)
    since, until = frame["applied_at"].min(), frame["applied_at"].max()
    period = f"{since:%Y-%m-%d} to {until:%Y-%m-%d}"
    click.echo(f"{len(frame):,} simulated applications arrived, {period}.")
    if requests:
        target = storage.url("landing", "requests", f"{since:%Y-%m-%d}_{until:%Y-%m-%d}.ndjson")
        sample = _requests(frame, requests, simulator.SEED)
        storage.write_bytes(target, sample.write_ndjson().encode())
        click.echo(f"{len(sample):,} of them stand in {target}, to be sent to the service.")


def _seeds() -> tuple[Any, Any]:
    """The user's simulator and the settings of the user's source, as long as both are still those of the sample."""
    try:
        simulator = importlib.import_module(f"{PACKAGE}.simulator")
    except ModuleNotFoundError as error:
        raise ProjectError(
            "This project has no simulator.py any more: put new rows where source.py reads them."
        ) from error
    settings = getattr(importlib.import_module(f"{PACKAGE}.source"), "SourceSettings", None)
    if settings is None or not hasattr(settings, "applications") or SCHEMA.identifier != "application_id":
        raise ProjectError(
            "The simulator makes credit applications, and schema.py describes other data: "
            "put new rows where source.py reads them."
        )
    return simulator, settings.load()


def _requests(frame: pl.DataFrame, rows: int, seed: int) -> pl.DataFrame:
    """Draw applications in order of time, as the service is sent them."""
    drawn = frame.with_row_index("row").sample(min(rows, len(frame)), seed=seed).sort("row")
    return drawn.select("application_id", *SCHEMA.names)
