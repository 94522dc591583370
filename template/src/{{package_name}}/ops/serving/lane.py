"""Scores rows with one model on a thread of its own: whatever that model does, the event loop goes on."""

import asyncio
import math
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from .loading import Model

STUCK = 10  # time limits after which a model counts as hanging, and not as slow
WAITING = 1_000  # rows in shadow that may wait; more are left out, as answers come first

Done = Callable[[Sequence[float], float], None]  # scores, and the seconds of CPU that they took
Failed = Callable[[str], None]
Loop = asyncio.AbstractEventLoop
Job = tuple[Sequence[Any], Loop, Done, Failed]


class LaneError(Exception):
    """The model failed on these rows; the message says how."""


class LaneLateError(LaneError):
    """There is no score yet. A busy machine does that, too: it is the model's fault when it lasts, or comes again."""


class Lane:
    """One model and its thread. The thread is a daemon: a model that hangs does not hold up the end of the process."""

    def __init__(self, model: Model, timeout_seconds: float) -> None:
        self.model = model
        self._timeout = timeout_seconds
        self._began: float | None = None  # when the work of now began
        self._work: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=f"version-{model.version}", daemon=True).start()

    async def scores(self, rows: Sequence[Any]) -> tuple[Sequence[float], float]:
        """Return scores, and the seconds of CPU that they took.

        Raises LaneError when the model raises or gives no number, LaneLateError when it takes too long.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[tuple[Sequence[float], float]] = loop.create_future()

        def done(scores: Sequence[float], seconds: float) -> None:
            if not answer.done():
                answer.set_result((scores, seconds))

        def failed(reason: str) -> None:
            if not answer.done():
                answer.set_exception(LaneError(reason))

        self._work.put((rows, loop, done, failed))
        try:
            return await asyncio.wait_for(answer, self._timeout)
        except TimeoutError:
            raise LaneLateError(f"It gave no score within {self._timeout:g} s.") from None

    def offer(self, rows: Sequence[Any], done: Done, failed: Failed) -> bool:
        """Score rows some time; `done` or `failed` is called on the event loop.

        False: too much waits already, or the model hangs.
        """
        if self._work.qsize() >= WAITING:
            return False
        self._work.put((rows, asyncio.get_running_loop(), done, failed))
        return True

    @property
    def late(self) -> bool:
        """Whether the work of now takes too long already: what comes next would have to wait for it."""
        return self._busy() > self._timeout

    @property
    def stuck(self) -> str:
        """Why the model counts as hanging; empty when it does not."""
        limit = STUCK * self._timeout
        return f"It gave no score within {limit:g} s." if self._busy() > limit else ""

    def _busy(self) -> float:
        began = self._began
        return 0.0 if began is None else time.perf_counter() - began

    def close(self) -> None:
        """End the thread after the work of now."""
        self._work.put(None)

    def _run(self) -> None:
        while (job := self._work.get()) is not None:
            rows, loop, done, failed = job
            self._began, started = time.perf_counter(), time.thread_time()
            try:
                scores = self.model.scorer.score(rows)
            except Exception as error:  # whatever a model does, it is taken out and the champion answers
                _tell(loop, failed, f"It raised {type(error).__name__}: {error}")
                continue
            finally:
                self._began = None
            if all(map(math.isfinite, scores)):
                _tell(loop, done, scores, time.thread_time() - started)
            else:
                _tell(loop, failed, "It gave a score that is no number.")


def _tell(loop: Loop, call: Callable[..., None], *arguments: Any) -> None:
    try:
        loop.call_soon_threadsafe(call, *arguments)
    except RuntimeError:  # the loop is closed: nobody waits any more
        return
