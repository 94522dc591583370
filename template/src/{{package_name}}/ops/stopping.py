"""Ends a loop at SIGINT or SIGTERM, between two turns and never in the middle of one."""

import signal
import time
from types import FrameType

POLL = 0.2  # seconds until a signal is noticed


class Stop:
    """Becomes true at the first signal.

    Its handler takes no lock. A second signal that came while the first sets a `threading.Event` would wait for ever,
    and two are usual: make and uv each pass on what the terminal sends to all.
    """

    def __init__(self) -> None:
        self._signalled = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def __bool__(self) -> bool:
        return self._signalled

    def wait(self, seconds: float) -> None:
        """Wait so long, or until a signal comes."""
        deadline = time.monotonic() + seconds
        while not self._signalled and (rest := deadline - time.monotonic()) > 0:
            time.sleep(min(rest, POLL))

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._signalled = True
