"""The newest rows of the data source, or the rows of one file."""

import polars as pl

from .... import source
from ....schema import SCHEMA
from ... import storage
from ..window import Reference, Window

PREFERENCE = 0


def read(reference: Reference, rows: int) -> Window:
    """Read the newest rows that the data source knows, labelled or not."""
    frame = source.load()
    newest = _newest(frame, rows)
    return Window(newest, f"the newest {len(newest):,} rows of the data source", reference.schema)


def read_file(reference: Reference, path: str, rows: int) -> Window:
    """Read the newest rows of a Parquet or CSV file, as it is: judging its quality is the point."""
    frame = storage.read_table(path)
    newest = _newest(frame, rows)
    return Window(newest, f"the newest {len(newest):,} rows of {path}", reference.schema)


def _newest(frame: pl.DataFrame, rows: int) -> pl.DataFrame:
    time = SCHEMA.time
    if time is not None and time in frame.columns:
        frame = frame.sort(time, nulls_last=False, maintain_order=True)
    return frame.tail(rows)
