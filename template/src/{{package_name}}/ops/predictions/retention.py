"""Keeps the store within its limits: days that are too old go, then the oldest until the rest is small enough."""

import contextlib
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from . import audit
from .settings import PredictionLogSettings
from .store import Entry, Store


def keep(store: Store) -> list[str]:
    """Remove what is over `keep_days` or `keep_bytes`, and say what went. The caller holds the lock `compaction`.

    The newest day stays, however large it is: then a sentence says that the limit is passed.
    """
    settings = PredictionLogSettings.load()
    files = store.files()
    days = [(day, list(entries)) for day, entries in itertools.groupby(files.parquet, key=lambda entry: entry.day)]
    first = f"{datetime.now(UTC) - timedelta(days=settings.keep_days):%Y-%m-%d}"
    old = [(day, entries) for day, entries in days if day < first]
    rest = days[len(old) :]
    size = sum(entry.size for _, entries in rest for entry in entries)
    size += sum(entry.size for entry in (*files.live, *files.closed))
    large = []
    while size > settings.keep_bytes and len(rest) > 1:
        large.append(rest.pop(0))
        size -= sum(entry.size for entry in large[-1][1])
    reasons = ((old, f"older than {settings.keep_days} days"), (large, f"over {settings.keep_bytes:,} bytes"))
    said = [_remove(store, gone, why) for gone, why in reasons if gone]
    if size > settings.keep_bytes:
        said.append(
            f"{store.stage}: {size:,} bytes are left, over keep_bytes = {settings.keep_bytes:,} in [prediction_log] of "
            "settings.toml: raise it, or log to a larger disk."
        )
    return said


def _remove(store: Store, gone: Sequence[tuple[str, Sequence[Entry]]], why: str) -> str:
    days = tuple(day for day, _ in gone)
    entries = [entry for _, entries in gone for entry in entries]
    rows = sum(store.scan(entry.name).select(pl.len()).collect().item() for entry in entries)
    store.replace([entry.name for entry in entries], {})
    if store.local:
        for day in days:
            with contextlib.suppress(OSError):  # something else lies there
                Path(store.path, "parquet", f"day={day}").rmdir()
    audit.append("retention", store.stage, rows, days=days)
    span = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return f"{store.stage}: removed {rows:,} predictions of {span}, {why}."
