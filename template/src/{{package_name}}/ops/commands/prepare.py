"""Split the validated rows into a part to learn from and a part to test on."""

import click

from ..dataset import prepare
from ..plugins import part


@click.command("prepare")
def command() -> None:
    """Split the validated rows into artifacts/data/train.parquet and test.parquet."""
    train, test = prepare()
    card = part("data_card")
    said = f" Data card: {card.write(train, test)}" if card else ""
    click.echo(f"{len(train):,} rows to learn from, {len(test):,} newer or held back to test on.{said}")
