"""The one worker that decides. What is posted meanwhile waits in one inbox, so that it decides once about all of it."""

import threading
from collections.abc import Callable, Collection, Iterable

from ..errors import ProjectError
from ..trigger import Firing
from .messages import Posted

Act = Callable[[Collection[Firing]], None]


class Worker:
    """Calls `act` with the alerts that were posted since the last call, at most once in `pause_seconds`."""

    def __init__(self, act: Act, pause_seconds: float, complain: Callable[[str], None]) -> None:
        self._act, self._pause, self._complain = act, pause_seconds, complain
        self._inbox: dict[str, Firing] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self.stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="trigger", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def alive(self) -> bool:
        """Say whether it works."""
        return self._thread.is_alive()

    def end(self) -> None:
        """End, and wait until the retraining that may be running has ended."""
        self.stop.set()
        self._wake.set()
        self._thread.join()

    def post(self, alerts: Iterable[Posted]) -> int:
        """Put alerts into the inbox, take resolved ones out, and return how many of a check fire."""
        count = 0
        with self._lock:
            for alert in alerts:
                firing = alert.firing
                if firing is None:
                    self._inbox.pop(alert.fingerprint, None)
                else:
                    self._inbox[alert.fingerprint] = firing
                    count += 1
        if count:
            self._wake.set()
        return count

    def _run(self) -> None:
        while True:
            self._wake.wait()
            if self.stop.is_set():
                return
            with self._lock:
                posted, self._inbox = self._inbox, {}
                self._wake.clear()
            try:
                if posted:
                    self._act(tuple(posted.values()))
            except ProjectError as error:  # storage away: Alertmanager has its answer, so we try again by ourselves
                self._complain(f"Error: {error}")
                with self._lock:
                    self._inbox = posted | self._inbox
                    self._wake.set()
            self.stop.wait(self._pause)
