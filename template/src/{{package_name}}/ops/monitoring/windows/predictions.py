"""The newest predictions that the released model logged."""

import io
import itertools

import polars as pl

from ...columns import Schema
from ...predictions import lines, reading
from ...predictions.store import Entry, Files, Store
from ...stages import STAGES
from ..window import Reference, Window

PREFERENCE = 1
BYTES_PER_ROW = 4_096  # far above a usual line: bounds what is read of a file of lines


def read(reference: Reference, rows: int) -> Window:
    """Read the newest predictions of the model that is released now.

    Those of earlier models are left out: their scores were others, and after a retraining the old evidence must not
    speak against the new model.
    """
    frame, damaged = tail(reference.schema, rows)
    frame = frame.filter(pl.col("model") == reference.version)
    title = f"the newest {len(frame):,} predictions of version {reference.version}"
    if damaged:
        title += f" ({damaged} damaged lines left out)"
    scores = frame["score"].cast(pl.Float32).to_numpy()
    return Window.of(frame["input"].struct.unnest(), title, scores, live=True)


def tail(schema: Schema, rows: int) -> tuple[pl.DataFrame, int]:
    """Read the newest `rows` predictions that were answers, oldest first, with the features of `schema`.

    Also counts the damaged lines that were left out.
    """
    return reading.steadily(lambda: _tail(Store(STAGES[-1]), lines.types(schema), rows))


def _tail(store: Store, types: lines.Types, rows: int) -> tuple[pl.DataFrame, int]:
    files = store.files()
    newest, damaged = _of_lines(store, files, types, rows)
    days = itertools.groupby(reversed(files.parquet), key=lambda entry: entry.day)
    for day, entries in days:
        if len(newest) == rows and f"{newest['at'][0]:%Y-%m-%d}" > day:
            break  # nor can an older day hold a newer row
        for entry in entries:
            newest = _newest(newest, _pick(store.scan(entry.name), types), rows)
    return newest, damaged


def _of_lines(store: Store, files: Files, types: lines.Types, rows: int) -> tuple[pl.DataFrame, int]:
    """Look through the files of lines, the one written last first, until no older one can hold a newer row."""
    newest, damaged = _pick(lines.empty().lazy(), types).collect(), 0
    written = [(store.modified(entry.name), entry) for entry in (*files.live, *files.closed)]
    for modified, entry in sorted(written, key=lambda pair: pair[0], reverse=True):
        if len(newest) == rows and modified < newest["at"][0]:
            break
        found, broken = lines.parse(_end(store, entry, rows * BYTES_PER_ROW))
        newest, damaged = _newest(newest, _pick(found.lazy(), types), rows), damaged + broken
    return newest, damaged


def _pick(frame: pl.LazyFrame, types: lines.Types) -> pl.LazyFrame:
    return lines.conform(frame.filter(reading.ANSWERS), types)


def _newest(known: pl.DataFrame, more: pl.LazyFrame, rows: int) -> pl.DataFrame:
    """Of two tables of predictions, the newest `rows`, in order of time."""
    both = pl.concat([known.lazy(), more.top_k(rows, by="at")]).unique("id", keep="last", maintain_order=True)
    return both.sort("at", maintain_order=True).tail(rows).collect()


def _end(store: Store, entry: Entry, limit: int) -> bytes:
    """Read the last whole lines of a file: it may be written to, so the last line may be half there."""
    with store.open(entry.name) as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - limit))
        content: bytes = file.read(limit)
    start = content.find(b"\n") + 1 if size > limit else 0
    return content[start : content.rfind(b"\n") + 1]
