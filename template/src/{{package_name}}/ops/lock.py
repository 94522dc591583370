"""Keeps two runs from writing the same files at once."""

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import storage
from .errors import ProjectError


@contextmanager
def lock(name: str, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock `name`. Raises ProjectError when another process holds it for longer than `wait_seconds`.

    The kernel frees it when the process ends, however it ends. It guards one machine; where several share a bucket,
    the orchestrator must allow one run at a time.
    """
    path = _path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait_seconds
    with path.open("a+") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    file.seek(0)
                    holder = file.read().strip() or "unknown"
                    raise ProjectError(
                        f"Another {name} is running (process {holder}): wait for it to end and try again."
                    ) from None
                time.sleep(0.05)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _path(name: str) -> Path:
    root = storage.url()
    if "://" not in root:
        return Path(root) / "locks" / name
    key = hashlib.sha256(root.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"locks-{key}" / name
