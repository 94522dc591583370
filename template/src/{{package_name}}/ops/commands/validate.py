"""Check the extracted rows against the schema."""

import click

from ..dataset import check


@click.command("validate")
def command() -> None:
    """Check the extracted rows against schema.py; a broken rule stops the pipeline."""
    data = check()
    click.echo(f"All {data.rows:,} rows keep the rules of schema.py.")
