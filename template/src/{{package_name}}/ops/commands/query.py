"""Ask the prediction log by SQL."""

from datetime import datetime

import click
import polars as pl

from ..predictions.sql import query
from ..stages import STAGES

SHOWN = 200  # rows of a table for people


@click.command("query")
@click.argument("sql")
@click.option("--stage", type=click.Choice(STAGES), default=STAGES[-1], show_default=True)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Look at no day before this one.")
@click.option("--json", "output", flag_value="json", help="Print a JSON array of objects.")
@click.option("--csv", "output", flag_value="csv", help="Print CSV.")
def command(sql: str, stage: str, since: datetime | None, output: str | None) -> None:
    """Ask the prediction log by SQL, such as "SELECT model, COUNT(*) FROM predictions GROUP BY model".

    Tables: predictions (id, day, at, model, role, score, ms, key, input), labels (key, target, sensitive columns), and
    subjects (key, identifier). A feature is `input.name`. See docs/predictions.md.
    """
    answer = query(sql, stage, since.date() if since else None)
    if answer.note:
        click.echo(answer.note, err=True)
    if output == "json":
        click.echo(answer.frame.write_json())
    elif output == "csv":
        structs = pl.selectors.struct().struct.json_encode()
        click.echo(answer.frame.with_columns(structs).write_csv(), nl=False)
    else:
        with pl.Config(tbl_rows=SHOWN, tbl_cols=-1, tbl_hide_column_data_types=True, fmt_str_lengths=40):
            click.echo(answer.frame)
