"""Logs predictions, one JSON a line: `predictions/<stage>/<host>-<process>-<start>-<part>.ndjson`.

    {"id": "...", "key": "5f3a...", "at": 1767225600.25, "model": 3, "role": "champion", "score": 0.25, "ms": 0.4,
     "input": {...}}

`key` is a pseudonym of the row's identifier, which stands nowhere else in the line. A request only puts its line into
a bounded queue. A thread writes the queue out ten times a second; when storage cannot keep up and the queue is full,
lines are dropped and counted, and predictions go on.
"""

import fcntl
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

from ... import storage
from ...predictions import pseudonym
from ...predictions.settings import PredictionLogSettings
from . import Service, Sink

CHUNK = 4_000_000  # bytes written at once

encode = msgspec.json.Encoder().encode
logger = logging.getLogger("uvicorn.error")


def open_sink(service: Service) -> Sink:
    """Start the log of this process."""
    dropped = Counter(
        "prediction_log_dropped",
        "Predictions that were answered but not logged.",
        registry=service.registry,
    )
    folder = storage.url("predictions", service.stage)
    return PredictionLog(folder, PredictionLogSettings.load(), dropped, pseudonym.hasher())


class PredictionLog:
    """A queue, and the thread that writes it to files of this process below `folder`."""

    def __init__(
        self, folder: str, settings: PredictionLogSettings, dropped: Counter, pseudonym: pseudonym.Hash
    ) -> None:
        self._pseudonym = pseudonym
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

    def write(
        self,
        name: str,
        key: str | int | None,
        at: float,
        model: int,
        score: float,
        row: bytes,
        *,
        ms: float,
        role: str = "champion",
        cpu_ms: float | None = None,
    ) -> None:
        """Queue the line of one prediction."""
        line = b'{"id":"%b","key":%b,"at":%.6f,"model":%d,"role":"%b","score":%b,"ms":%.3f%b,"input":%b}\n' % (
            name.encode(),
            b"null" if key is None else b'"%b"' % self._pseudonym(key).encode(),
            at,
            model,
            role.encode(),
            encode(score),
            ms,
            b"" if cpu_ms is None else b',"cpu_ms":%.4f' % cpu_ms,
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
        try:
            self._files.let_go()
            while self._chunk or self._queue:
                size = sum(map(len, self._chunk))
                while self._queue and size < CHUNK:
                    self._chunk.append(self._queue.popleft())
                    size += len(self._chunk[-1])
                self._files.write(b"".join(self._chunk))
                self._written += size
                self._chunk = []
        except Exception as error:  # each store has errors of its own; the chunk is kept for the next try
            if not self._failing:
                logger.error("The prediction log cannot be written, it waits: %s", error)
            self._failing = True
        else:
            self._failing = False


class _Files(Protocol):
    def write(self, content: bytes) -> None: ...

    def let_go(self) -> None: ...

    def close(self) -> None: ...


class _Appended:
    """Files on a disk: lines are appended, and a large enough file is followed by another.

    A file is locked, shared, as long as it may be written to: who compacts the log reads no file that is. When its name
    is gone, somebody took it to compact it, or deleted it: it is let go, and the next lines start another.
    """

    def __init__(self, folder: Path, name: str, file_bytes: int) -> None:
        self._folder = folder
        self._name = name
        self._file_bytes = file_bytes
        self._part = 0
        self._size = 0
        self._path = folder
        self._file: io.FileIO | None = None

    def write(self, content: bytes) -> None:
        """Append whole lines, all or none."""
        self.let_go()
        if self._size >= self._file_bytes:
            self.close()
        file = self._file or self._open()
        written = 0
        try:
            while written < len(content):
                written += file.write(memoryview(content)[written:])
        except OSError:
            file.truncate(self._size)
            raise
        self._size += written

    def let_go(self) -> None:
        """Close the file when it does not stand under its name any more."""
        if self._file is not None and not self._named(self._file):
            self.close()

    def close(self) -> None:
        """Put the last part on the disk."""
        file, self._file, self._size = self._file, None, 0
        if file is not None:
            with file:
                os.fsync(file.fileno())

    def _named(self, file: io.FileIO) -> bool:
        try:
            return os.path.samestat(os.fstat(file.fileno()), self._path.stat())
        except FileNotFoundError:
            return False

    def _open(self) -> io.FileIO:
        self._folder.mkdir(parents=True, exist_ok=True)
        while True:
            self._part += 1
            self._path = self._folder / f"{self._name}-{self._part:04}.ndjson"
            file = io.FileIO(self._path, "a+")  # some network file systems lock only what can be read
            if _locked(file) and self._named(file):  # else somebody took it before it was locked
                self._file = file
                return file
            file.close()


def _locked(file: io.FileIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: there, who compacts waits, which is enough
        return True
    return True


class _Objects:
    """Objects in a bucket: each write makes one."""

    def __init__(self, folder: str, name: str) -> None:
        self._stem = f"{folder}/{name}"
        self._part = 0

    def write(self, content: bytes) -> None:
        """Write whole lines as one object."""
        storage.write_bytes(f"{self._stem}-{self._part + 1:06}.ndjson", content)
        self._part += 1

    def let_go(self) -> None:
        """Nothing is held."""

    def close(self) -> None:
        """Nothing is open."""
