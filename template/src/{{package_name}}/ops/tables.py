"""Reads the prepared tables, and turns them into what a model is fitted and measured on."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from . import storage
from .columns import Schema
from .encoding import Encoder
from .errors import ProjectError


def train() -> pl.DataFrame:
    """Return the rows to learn from."""
    return storage.read_table(storage.url("data", "train.parquet"))


def test() -> pl.DataFrame:
    """Return the rows to measure on; no step fits anything on them."""
    return storage.read_table(storage.url("data", "test.parquet"))


def matrix(frame: pl.DataFrame, encoder: Encoder) -> NDArray[np.float32]:
    """Encode a table: float32, (rows, features). Raises ProjectError when a column is missing."""
    missing = [name for name in encoder.schema.names if name not in frame.columns]
    if missing:
        raise ProjectError(
            f"The table lacks {', '.join(missing)}, which the model needs: bring the column back, "
            "or train a model without it."
        )
    return encoder.stack(encoded(frame, encoder.schema))


def encoded(frame: pl.DataFrame, schema: Schema) -> dict[str, NDArray[np.float32]]:
    """Encode the columns of a schema as `Encoder.matrix` does, without a Python object for each value."""
    numbers = [pl.col(column.name).cast(pl.Float32, strict=False) for column in schema.numeric]
    texts = [pl.col(column.name).cast(pl.String) for column in schema.categorical]
    codes = [
        text.cast(pl.Enum(column.categories), strict=False).to_physical().cast(pl.Float32)
        for text, column in zip(texts, schema.categorical, strict=True)
    ]
    columns = frame.select(expression.fill_null(float("nan")) for expression in (*numbers, *codes))
    return {column.name: column.to_numpy() for column in columns}


def target(frame: pl.DataFrame, schema: Schema) -> NDArray[np.int8]:
    """Return the labels. Raises ProjectError when a class has fewer than two rows: no measure works on that."""
    values = frame[schema.target].cast(pl.Int8).to_numpy()
    if not 2 <= int(values.sum()) <= len(values) - 2:
        raise ProjectError(
            f"Column {schema.target} holds fewer than two rows of class 0 or 1: give more rows, so that both occur."
        )
    return values
