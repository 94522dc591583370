"""Split the validated rows into a part to learn from and a part to test on."""

import click

from ..dataset import prepare


@click.command("prepare")
def command() -> None:
    """Split the validated rows into artifacts/data/train.parquet and test.parquet."""
    train, test = prepare()
    click.echo(f"{len(train):,} rows to learn from, {len(test):,} newer or held back to test on.")
