"""A fleet in parallel: each project in its turn on one of a few processes."""

import csv
import io
import json
import signal
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, fields
from multiprocessing import get_context
from pathlib import Path

from .. import render
from ..moving.template import Templates
from . import ship
from .inventory import Entry
from .ship import Order, Row

_templates: Templates | None = None
_folder: tempfile.TemporaryDirectory[str] | None = None


def each(entries: Sequence[Entry], order: Order, work: Path, jobs: int) -> Iterator[Row]:
    """Handle each project, and give its row as soon as it is there. `work` keeps the clones of what is behind a URL.

    When the iterator is closed, what has begun is finished and the rest is left.
    """
    # Started afresh, and not forked: the process that asks may have threads by now.
    pool = ProcessPoolExecutor(min(jobs, len(entries)), get_context("spawn"), initializer=_start)
    try:
        waiting = [pool.submit(_handle, entry, order, work) for entry in entries]
        for done in as_completed(waiting):
            yield done.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def to_json(rows: Sequence[Row]) -> str:
    """Return the rows as JSON."""
    return json.dumps([asdict(row) for row in rows], indent=2) + "\n"


def to_csv(rows: Sequence[Row]) -> str:
    """Return the rows as CSV, with a heading."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return text.getvalue()


def _start() -> None:
    """Prepare a process: it fetches each template once, and leaves Ctrl-C to the one that asked."""
    global _templates, _folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _folder = tempfile.TemporaryDirectory(prefix="rungs-fleet-")
    _templates = Templates(Path(_folder.name))
    render.hurry()


def _handle(entry: Entry, order: Order, work: Path) -> Row:
    assert _templates is not None  # noqa: S101  `_start` ran
    return ship.handle(entry, order, work, _templates)
