"""Predictions whose outcome is known by now: the log joined with the data source by the pseudonym of the identifier."""

import polars as pl

from ..predictions import labels
from .settings import MonitoringSettings
from .window import Reference
from .windows import predictions

SEARCHED = 10  # labels are late: look back ten windows for predictions that have theirs


def labelled(reference: Reference, windows: int = SEARCHED) -> pl.DataFrame:
    """Return the newest labelled predictions of the released model: score, target and sensitive columns.

    `windows` is how far to look back. Of several predictions for one identifier the last counts, and of several labels
    too; labels of no prediction are left out. Empty when the schema names no identifier.
    """
    schema, rows = reference.schema, MonitoringSettings.load().window_rows
    if schema.identifier is None:
        columns = [schema.target, *(column.name for column in schema.sensitive)]
        return pl.DataFrame(schema=dict.fromkeys(["score", *columns], pl.Float64))
    log, _ = predictions.tail(schema, rows * windows)
    mine = log.filter(pl.col("model") == reference.version).drop_nulls(["key", "score"])
    last = mine.unique("key", keep="last", maintain_order=True).select("key", "score")
    return labels.join(last, labels.load(schema)).rows.tail(rows)
