"""Extract all rows known now from the data source."""

import click

from ... import source
from ..dataset import extract


@click.command("data")
def command() -> None:
    """Extract all rows known now from the data source into artifacts/data/raw.parquet."""
    data = extract(source.load())
    period = f", {data.since} to {data.until}" if data.since else ""
    click.echo(
        f"Extracted {data.rows:,} rows, {data.labelled:,} with a known label{period}; data version {data.sha256[:12]}."
    )
