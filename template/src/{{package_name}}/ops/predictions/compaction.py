"""Turns lines of the log into Parquet, a file for each day, and merges small files. Safe beside running services."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from ..lock import lock
from . import lines, retention, taking
from .settings import PredictionLogSettings
from .store import CLOSED, LIVE, PARQUET, Entry, Store, stages

LOCK = "compaction"
FEW = 8  # small files that a day of now may have
SMALL = 4  # a file is small below this part of `file_bytes`


@dataclass
class Done:
    """What was done: files and rows that became Parquet, lines left out, rows taken out on purpose."""

    files: int = 0
    rows: int = 0
    broken: int = 0
    dropped: int = 0


def compact(everything: bool = False) -> list[str]:
    """Compact the log of every stage and keep its limits; return a sentence for each thing that was done.

    A file that is still written to is taken when its first line is `compact_seconds` old, or with `everything`.
    Raises ProjectError when another process is at it.
    """
    sentences = []
    with lock(LOCK):
        for stage in stages():
            store = Store(stage)
            store.recover()
            done = convert(store, everything)
            if done.files:
                broken = f", {done.broken:,} broken lines were left out" if done.broken else ""
                sentences.append(f"{stage}: {done.rows:,} predictions are Parquet now{broken}.")
            merge(store)
            sentences += retention.keep(store)
    return sentences


def convert(store: Store, everything: bool, forgotten: str | None = None) -> Done:
    """Turn files of lines into Parquet, without the rows of the key `forgotten`. The caller holds the lock."""
    done, limit = Done(), PredictionLogSettings.load().file_bytes
    for group in _groups(taking.take(store, everything), limit):
        frames = []
        for entry in group:
            content = store.read(entry.name)
            if store.local and Path(store.path, entry.name).stat().st_size != len(content):
                break  # a file system without locks, and a writer that still holds the file: next time
            frame, broken = lines.parse(content)
            done.broken += broken
            frames.append(frame)
        else:
            whole = _together(frames)
            kept = whole if forgotten is None else whole.filter(pl.col("key").ne_missing(forgotten))
            store.replace([entry.name for entry in group], _by_day(kept, _name(group)))
            done.files += len(group)
            done.rows += len(kept)
            done.dropped += len(whole) - len(kept)
    return done


def merge(store: Store) -> None:
    """Put the small Parquet files of a day together, up to `file_bytes` each. The caller holds the lock."""
    limit = PredictionLogSettings.load().file_bytes
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    for day, entries in itertools.groupby(store.files().parquet, key=lambda entry: entry.day):
        small = [entry for entry in entries if entry.size < limit / SMALL]
        if len(small) < (FEW if day >= today else 2):
            continue
        for group in _groups([small], limit):
            if len(group) > 1:
                names = [entry.name for entry in group]
                whole = _together([store.scan(name).collect() for name in names])
                digest = hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
                store.replace(names, {f"parquet/day={day}/merged-{digest}{PARQUET}": whole})


def _together(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    whole = lines.union(frames)
    return whole.unique(["id", "role"], keep="last", maintain_order=True).sort("at", maintain_order=True)


def _by_day(frame: pl.DataFrame, name: str) -> dict[str, pl.DataFrame]:
    days = frame.with_columns(day=pl.col("at").dt.date()).partition_by("day", as_dict=True, include_key=False)
    return {f"parquet/day={day}/{name}{PARQUET}": part for (day,), part in days.items()}


def _name(group: Sequence[Entry]) -> str:
    first, last = (entry.name.removesuffix(CLOSED).removesuffix(LIVE) for entry in (group[0], group[-1]))
    return first if first == last else f"{first}_{last.rpartition('-')[2]}"


def _groups(runs: Sequence[Sequence[Entry]], limit: int) -> Iterator[list[Entry]]:
    """Cut runs of files into groups of at most `limit` bytes, or of one larger file."""
    for run in runs:
        group: list[Entry] = []
        for entry in run:
            if group and sum(e.size for e in group) + entry.size > limit:
                yield group
                group = []
            group.append(entry)
        if group:
            yield group
