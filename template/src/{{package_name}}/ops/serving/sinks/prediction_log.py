"""Logs predictions, one JSON a line: `predictions/<stage>/<host>-<process>-<start>-<part>.ndjson`.

    {"id": "...", "key": "A-17", "at": 1767225600.25, "model": 3, "score": 0.25, "input": {...}}

A request only puts its line into a bounded queue. A thread writes the queue out ten times a second; when storage
cannot keep up and the queue is full, lines are dropped and counted, and predictions go on.
"""

import io
import logging
import os
import socket
import threading
import time
from collections import deque
from pathlib import Path
from typing import Protocol

import fsspec  # type: ignore[import-untyped]
import msgspec
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]
from prometheus_client import Counter
from pydantic import Field

from ... import storage
from ...errors import ProjectError
from ...settings import Section
from . import Service, Sink

CHUNK = 4_000_000  # bytes written at once

encode = msgspec.json.Encoder().encode
logger = logging.getLogger("uvicorn.error")


class PredictionLogSettings(Section, table="prediction_log"):
    """How much may wait in memory, how often it is written, and how large a file grows."""

    queue_bytes: int = Field(64_000_000, gt=0)
    file_bytes: int = Field(64_000_000, gt=0)
    flush_seconds: float = Field(0.1, gt=0)
    bucket_seconds: float = Field(10.0, gt=0)  # objects cannot be appended to: each flush makes one


def open_sink(service: Service) -> Sink:
    """Start the log of this process."""
    dropped = Counter(
        "prediction_log_dropped",
        "Predictions that were answered but not logged.",
        registry=service.registry,
    )
    folder = storage.url("predictions", service.stage)
    return PredictionLog(folder, PredictionLogSettings.load(), dropped)


class PredictionLog:
    """A queue, and the thread that writes it to files of this process below `folder`."""

    def __init__(self, folder: str, settings: PredictionLogSettings, dropped: Counter) -> None:
        self._limit = settings.queue_bytes
        self._dropped = dropped
        self._queue: deque[bytes] = deque()
        self._chunk: list[bytes] = []
        # Each count has one writer and so needs no lock; what waits is the difference.
        self._accepted = 0
        self._written = 0
        self._failing = False
        name = f"{socket.gethostname()}-{os.getpid()}-{time.time_ns() // 1_000_000}"
        filesystem, path = fsspec.core.url_to_fs(folder)
        self._files: _Files
        if isinstance(filesystem, LocalFileSystem):
            self._files = _Appended(Path(path), name, settings.file_bytes)
            seconds = settings.flush_seconds
        else:
            self._files = _Objects(folder, name)
            seconds = settings.bucket_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(seconds,), name="prediction-log", daemon=True)
        self._thread.start()

    def write(self, name: str, key: str | int | None, at: float, model: int, score: float, row: bytes) -> None:
        """Queue the line of one prediction."""
        if b"\n" in row or b"\r" in row:  # a body may be indented, a line may not
            row = msgspec.json.format(row, indent=-1)
        line = b'{"id":"%b","key":%b,"at":%.6f,"model":%d,"score":%b,"input":%b}\n' % (
            name.encode(),
            encode(key),
            at,
            model,
            encode(score),
            row,
        )
        if self._accepted - self._written + len(line) > self._limit:
            self._dropped.inc()
            return
        self._accepted += len(line)
        self._queue.append(line)

    def close(self) -> None:
        """Write all that waits, and end. What storage refuses even now is counted as dropped."""
        self._stop.set()
        self._thread.join()
        self._flush()
        lost = len(self._chunk) + len(self._queue)
        if lost:
            self._dropped.inc(lost)
            logger.error("%d predictions were answered but could not be logged.", lost)
        self._files.close()

    def _run(self, seconds: float) -> None:
        while not self._stop.wait(seconds):
            self._flush()

    def _flush(self) -> None:
        while self._chunk or self._queue:
            size = sum(map(len, self._chunk))
            while self._queue and size < CHUNK:
                self._chunk.append(self._queue.popleft())
                size += len(self._chunk[-1])
            try:
                self._files.write(b"".join(self._chunk))
            except (OSError, ProjectError) as error:  # the chunk is kept for the next try
                if not self._failing:
                    logger.error("The prediction log cannot be written, it waits: %s", error)
                self._failing = True
                return
            self._failing = False
            self._written += size
            self._chunk = []


class _Files(Protocol):
    def write(self, content: bytes) -> None: ...

    def close(self) -> None: ...


class _Appended:
    """Files on a disk: lines are appended, and a large enough file is followed by another."""

    def __init__(self, folder: Path, name: str, file_bytes: int) -> None:
        self._folder = folder
        self._name = name
        self._file_bytes = file_bytes
        self._part = 0
        self._size = 0
        self._file: io.FileIO | None = None

    def write(self, content: bytes) -> None:
        """Append whole lines, all or none."""
        file = self._file
        # No links: somebody deleted the file, and what is appended to it would be lost.
        if file is None or self._size >= self._file_bytes or not os.fstat(file.fileno()).st_nlink:
            file = self._open()
        written = 0
        try:
            while written < len(content):
                written += file.write(memoryview(content)[written:])
        except OSError:
            file.truncate(self._size)
            raise
        self._size += written

    def close(self) -> None:
        """Put the last part on the disk."""
        if self._file is not None:
            os.fsync(self._file.fileno())
            self._file.close()

    def _open(self) -> io.FileIO:
        self.close()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._part += 1
        self._file = io.FileIO(self._folder / f"{self._name}-{self._part:04}.ndjson", "a")
        self._size = 0
        return self._file


class _Objects:
    """Objects in a bucket: each write makes one."""

    def __init__(self, folder: str, name: str) -> None:
        self._stem = f"{folder}/{name}"
        self._part = 0

    def write(self, content: bytes) -> None:
        """Write whole lines as one object."""
        storage.write_bytes(f"{self._stem}-{self._part + 1:06}.ndjson", content)
        self._part += 1

    def close(self) -> None:
        """Nothing is open."""
