"""Reads the store beside its writers and its compaction: Parquet lazily, file by file, and the lines not yet in it."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import TypeVar

import polars as pl
from polars.io.plugins import register_io_source

from ..errors import ProjectError
from . import lines
from .lines import COLUMNS, Types
from .store import Files, Store

Kind = TypeVar("Kind")

TRIES = 10
ANSWERS = pl.col("role") != "shadow"  # what somebody was told


def steadily(work: Callable[[], Kind]) -> Kind:
    """Do some reading, again from the start when a file was compacted under its hands."""
    for _ in range(TRIES):
        try:
            return work()
        except FileNotFoundError:
            continue
    raise ProjectError("The prediction log is compacted while it is read, again and again: try again in a minute.")


def predictions(store: Store, since: date | None = None) -> pl.LazyFrame:
    """Return all predictions, oldest file first: `COLUMNS`, `day`, and the struct `input`.

    Collect it within `steadily`. With `since`, days before it are not even opened.
    """
    files = store.files()
    recent = unfinished(store, files)
    if since is not None:
        recent = recent.filter(pl.col("at").dt.date() >= since)
    names = [entry.name for entry in files.parquet if since is None or entry.day >= since.isoformat()]
    types = lines.together(files.types, lines.input_types(recent.schema))

    def read(
        columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        for frame in (*map(store.scan, names), recent.lazy()):
            part = _with_day(lines.conform(frame, types))
            part = part if predicate is None else part.filter(predicate)
            part = part if columns is None else part.select(columns)
            found = (part if rows is None else part.head(rows)).collect()
            rows = None if rows is None else rows - len(found)
            yield found
            if rows == 0:
                return

    return register_io_source(read, schema=_schema(types))


def unfinished(store: Store, files: Files) -> pl.DataFrame:
    """Return the lines that are not in Parquet yet."""
    frames = [lines.empty()]
    for entry in (*files.closed, *files.live):
        content = store.read(entry.name)
        if entry in files.live:
            content = content[: content.rfind(b"\n") + 1]  # the last line may be half written
        frames.append(lines.parse(content)[0])
    return lines.union(frames)


def _with_day(frame: pl.LazyFrame) -> pl.LazyFrame:
    return frame.with_columns(day=pl.col("at").dt.date())


def _schema(types: Types) -> dict[str, pl.DataType]:
    return {**COLUMNS, "input": pl.Struct(dict(types)), "day": pl.Date()}
