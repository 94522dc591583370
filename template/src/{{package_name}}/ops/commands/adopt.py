"""Write schema.py, features.py and source.py for a file of your own."""

import click

from ..adopt import Request, adopt


@click.command("adopt")
@click.argument("file")
@click.option("--target", required=True, help="Column to predict; it has two values.")
@click.option("--positive", help="Value of the target that is 1; guessed if not given.")
@click.option("--time", help="Column that says when a row happened.")
@click.option("--sensitive", default="", help="Columns to measure fairness by, not to learn from.")
@click.option("--identifier", help="Column that names a row; found by itself in most cases.")
def command(
    file: str,
    target: str,
    positive: str | None,
    time: str | None,
    sensitive: str,
    identifier: str | None,
) -> None:
    """Describe FILE, a CSV or Parquet file or fsspec URL, in schema.py, features.py, source.py.

    What these files and settings.toml held is kept beside them as <name>.before-adopt.
    """
    names = tuple(name.strip() for name in sensitive.split(",") if name.strip())
    decided, warnings = adopt(file, Request(target, time, names, identifier, positive))
    for sentence in decided:
        click.echo(sentence)
    for sentence in warnings:
        click.echo(f"Look at this: {sentence}")
    click.echo("Read schema.py and source.py, then run `make data train evaluate`.")
