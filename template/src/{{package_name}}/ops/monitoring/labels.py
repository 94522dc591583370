"""Predictions whose outcome is known by now: the log joined with the data source by the identifier."""

import polars as pl

from ... import source
from .settings import MonitoringSettings
from .window import Reference
from .windows import predictions

SEARCHED = 10  # labels are late: look back ten windows for predictions that have theirs


def labelled(reference: Reference, windows: int = SEARCHED) -> pl.DataFrame:
    """Return the newest labelled predictions of the released model: score, target and sensitive columns.

    `windows` is how far to look back. Of several predictions for one identifier the last counts. Empty when the
    schema names no identifier.
    """
    schema, rows = reference.schema, MonitoringSettings.load().window_rows
    columns = [schema.target, *(column.name for column in schema.sensitive)]
    if schema.identifier is None:
        return pl.DataFrame(schema=dict.fromkeys(["score", *columns], pl.Float64))
    log, _ = predictions.tail(schema, rows * windows)
    mine = log.filter(pl.col("model") == reference.version, pl.col("key").is_not_null())
    last = mine.unique("key", keep="last", maintain_order=True).select("key", "score")
    known = source.load().filter(pl.col(schema.target).is_not_null())
    truth = known.select(pl.col(schema.identifier).cast(pl.String).alias("key"), *columns)
    return last.join(truth, on="key", maintain_order="left").tail(rows)
