"""Removes all rows of one subject from the store, beside running services: every other row stays."""

import hashlib
import time
from dataclasses import dataclass

import polars as pl

from .. import storage
from ..lock import lock
from . import audit, compaction, pseudonym, reading
from .settings import PredictionLogSettings
from .store import PARQUET, Store, stages

ROUNDS = 3  # new rows of the subject may come while the old ones go
WAIT = 60.0  # seconds for a compaction to end


@dataclass(frozen=True)
class Forgotten:
    """What was removed of one subject; `still`: stages where new rows of it keep coming."""

    key: str
    rows: dict[str, int]
    still: tuple[str, ...]


def forget(identifier: str) -> Forgotten:
    """Remove the rows of an identifier from every stage's lines and Parquet, and record it by the pseudonym.

    Raises ProjectError when a compaction does not end in time.
    """
    key = pseudonym.hasher()(identifier)
    rows, still = {}, []
    with lock(compaction.LOCK, wait_seconds=WAIT):
        time.sleep(_flush_seconds())  # what services hold in memory is written by then
        for stage in stages():
            store = Store(stage)
            store.recover()
            rows[stage], left = _forget(store, key)
            audit.append("forget", stage, rows[stage], key=key)
            if left:
                still.append(stage)
    return Forgotten(key, rows, tuple(still))


def _forget(store: Store, key: str) -> tuple[int, bool]:
    """Return how many rows were removed, and whether others came meanwhile."""
    removed = sum(_rewrite(store, entry.name, key) for entry in store.files().parquet)
    for _ in range(ROUNDS):
        removed += compaction.convert(store, everything=True, forgotten=key).dropped
        if not _waits(store, key):
            return removed, False
    return removed, True


def _rewrite(store: Store, name: str, key: str) -> int:
    mine = pl.col("key").eq_missing(key)
    found = int(store.scan(name).select(mine.sum()).collect().item())
    if found:
        kept = store.scan(name).filter(~mine).collect()
        folder, _, file = name.rpartition("/")
        digest = hashlib.sha256(f"{file} without {key}".encode()).hexdigest()[:16]
        store.replace([name], {f"{folder}/kept-{digest}{PARQUET}": kept} if len(kept) else {})
    return found


def _waits(store: Store, key: str) -> bool:
    """Say whether a line of the subject is in a file that is not Parquet yet."""
    lines = reading.steadily(lambda: reading.unfinished(store, store.files()))
    return bool(lines["key"].eq_missing(key).any())


def _flush_seconds() -> float:
    settings = PredictionLogSettings.load()
    local = "://" not in storage.url()
    return 2 * (settings.flush_seconds if local else settings.bucket_seconds) + 0.1
