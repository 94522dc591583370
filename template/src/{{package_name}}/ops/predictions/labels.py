"""Labels, which come late and from the data source: hashed as the log is, so that they find their predictions.

Nothing of the source is kept here: labels are read when they are asked for, and are as new as the source.
"""

from dataclasses import dataclass

import polars as pl

from ... import source
from ...schema import SCHEMA
from ..columns import Schema
from ..errors import ProjectError
from . import pseudonym


@dataclass(frozen=True)
class Joined:
    """Predictions with their labels, how many labels are of no prediction, and how many were told again."""

    rows: pl.DataFrame
    unknown: int
    repeated: int


def load(schema: Schema = SCHEMA) -> pl.DataFrame:
    """Read what the source knows: `key`, the target and the sensitive columns of each row with a label, in its order.

    Raises ProjectError when the schema names no identifier, as then nothing finds its prediction.
    """
    if schema.identifier is None:
        raise ProjectError("schema.py names no identifier, so no label finds its prediction: name the column.")
    frame = source.load()
    known = frame.filter(pl.col(schema.target).is_not_null(), pl.col(schema.identifier).is_not_null())
    columns = [schema.target, *(column.name for column in schema.sensitive)]
    return known.select(keys(known[schema.identifier]), *columns)


def keys(identifiers: pl.Series) -> pl.Series:
    """Hash identifiers as the log does; null stays null."""
    hashed = pseudonym.hasher()
    texts = identifiers.cast(pl.String)
    return pl.Series("key", [None if text is None else hashed(text) for text in texts], pl.String)


def latest(labels: pl.DataFrame) -> pl.DataFrame:
    """Keep the last label of each key: a correction comes after what it corrects."""
    return labels.unique("key", keep="last", maintain_order=True)


def join(predictions: pl.DataFrame, labels: pl.DataFrame) -> Joined:
    """Give predictions their labels, in the order of the predictions; those without a label are left out."""
    truth = latest(labels)
    rows = predictions.join(truth, on="key", maintain_order="left")
    unknown = truth.join(predictions, on="key", how="anti")
    return Joined(rows, len(unknown), len(labels) - len(truth))
