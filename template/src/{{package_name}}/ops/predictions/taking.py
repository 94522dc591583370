"""Takes files of lines from the services that write them, so that each line is in a file that nobody writes to.

On a disk a file is taken by renaming it. Its writer looks at each flush whether the name still is that of its file, and
if not, lets go and starts another. Until then it holds a shared lock on the file, which the kernel frees when it dies.
"""

import fcntl
import itertools
import time
from pathlib import Path

from ..errors import ProjectError
from . import lines
from .settings import PredictionLogSettings
from .store import CLOSED, Entry, Store

PATIENCE = 10.0  # seconds that a writer gets to let go; it looks at each flush
HEAD = 65_536  # bytes in which the first line of a file ends


def take(store: Store, everything: bool) -> list[list[Entry]]:
    """Return the files that nobody writes to any more, in runs that may become one file.

    A file that is written to is taken when its first line is `compact_seconds` old, or with `everything`. Of a bucket
    nothing need be taken, as an object is whole from its first moment on: there, the same is asked of a writer's run.
    """
    files = store.files()
    if store.local:
        folder = Path(store.path)
        closed = [folder / entry.name for entry in files.closed]
        return [[entry] for entry in _from_disk(closed, [folder / entry.name for entry in files.live], everything)]
    runs = [list(run) for _, run in itertools.groupby(files.live, key=lambda entry: entry.name.rpartition("-")[0])]
    return [run for run in runs if everything or _due(store.read(run[0].name))]


def _from_disk(closed: list[Path], live: list[Path], everything: bool) -> list[Entry]:
    held = False
    for path in live:
        try:
            with path.open("r+b") as file:
                finished = _free(file.fileno())
                if finished or everything or _due(file.read(HEAD)):
                    path.rename(path.with_suffix(CLOSED))  # a finished one while it is locked: no writer begins with it
                    closed.append(path.with_suffix(CLOSED))
                    held = held or not finished
        except FileNotFoundError:  # somebody deleted it
            continue
        except OSError as error:
            raise ProjectError(
                f"{path} cannot be taken ({error}): compact as the user that the service runs as."
            ) from error
    if held:
        time.sleep(2 * PredictionLogSettings.load().flush_seconds + 0.1)
    deadline = time.monotonic() + PATIENCE
    return [Entry(path.name, path.stat().st_size) for path in closed if _let_go(path, deadline)]


def _let_go(path: Path, deadline: float) -> bool:
    """Wait until no writer holds a file; False when one still does at the deadline: it is left for the next time."""
    with path.open("r+b") as file:
        while _free(file.fileno()) is False:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)
    return True


def _free(handle: int) -> bool | None:
    """Say whether nobody holds a file; None on a file system that knows no locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _due(head: bytes) -> bool:
    """Say whether the first line is old, or of a future that a clock was in before it was set back, or broken."""
    at = lines.first_at(head)
    if at is None:
        return b"\n" in head
    return abs(time.time() - at) >= PredictionLogSettings.load().compact_seconds
