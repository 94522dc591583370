"""Splits live requests between the champion and the challenger of `delivery`, as its plan says.

The challenger scores on a thread of its own, within a time limit. A request that it fails is answered by the champion.
After as many failures as settings allow, this worker takes it out at once, and reports it for the others to follow.
"""

import logging
import os
import secrets
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client import Counter, Gauge

from ...delivery import plan as plans
from ...delivery.plan import DeliverySettings, Plan, Trip
from ..lane import Lane, LaneError, LaneLateError
from ..loading import Loader, Model, load
from ..scoring import FEW
from ..sinks import Service
from . import Record, Router, Scored

LATE = 3  # answers that came too late, after which a challenger is taken out although none lasted

logger = logging.getLogger("uvicorn.error")


def open_router(service: Service, loader: Loader, record: Record) -> Router:
    """Open the split of this worker. To be called on the event loop's thread."""
    return Split(service, loader, record)


@dataclass(frozen=True)
class Trial:
    """What this worker tries now."""

    plan: Plan
    lane: Lane


class Split:
    """The challenger of one worker, replaced as a whole: a request keeps the one it read."""

    def __init__(self, service: Service, loader: Loader, record: Record) -> None:
        self.active = False
        self._stage = service.stage
        self._loader = loader
        self._record = record
        self._settings = DeliverySettings.load()
        self._worker = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._trial: Trial | None = None
        self._failures = 0
        self._late = 0
        self._out: str | None = None  # the experiment that was taken out here
        self._report: Trip | None = None  # not written yet
        to = service.registry
        answered = Counter("delivery_answers", "Predictions while a challenger is tried.", ["role"], registry=to)
        self._count = {role: answered.labels(role).inc for role in ("champion", "challenger", "shadow")}
        self._failed = Counter("delivery_failures", "Requests that the challenger failed.", registry=to).inc
        self._dropped = Counter("delivery_shadow_dropped", "Rows left out of the shadow.", registry=to).inc
        self._share = Gauge(
            "delivery_share",
            "Share of the requests that the challenger answers; -1 while none is tried.",
            registry=to,
            multiprocess_mode="livemax",
        )
        self._share.set(-1)

    async def scores(self, champion: Model, rows: Sequence[Any], names: Sequence[str]) -> list[Scored]:
        """Score rows: each by the model that its key falls to, all by the champion too while in shadow."""
        trial = self._trial
        if trial is None or champion.version != trial.plan.champion:
            return await self._by_champion(champion, rows)
        step = trial.plan.step
        if step.phase == "shadow":
            answers = await self._by_champion(champion, rows)
            self._shadow(trial, rows, names)
            return answers
        chosen = [
            position
            for position, (row, name) in enumerate(zip(rows, names, strict=True))
            if plans.bucket(trial.plan.experiment, _key(row, name)) < step.share
        ]
        given = await self._by_challenger(trial, [rows[position] for position in chosen])
        answered = dict(zip(chosen, given, strict=False))  # empty where it failed: the champion answers those
        rest = [row for position, row in enumerate(rows) if position not in answered]
        others = iter(await self._by_champion(champion, rest))
        return [answered[position] if position in answered else next(others) for position in range(len(rows))]

    def refresh(self) -> None:
        """Follow the plan of now, and report a challenger that was taken out here. Never raises."""
        try:
            trial = self._trial
            if trial is not None and trial.lane.stuck:
                self._fail(trial, trial.lane.stuck, enough=True)
            self._write_report()
            self._follow(plans.current(self._stage))
        except Exception as error:  # storage is away: what is in service stays
            logger.error("The plan of the delivery cannot be followed: %s", error)
        trial = self._trial
        self.active = trial is not None
        self._share.set(-1 if trial is None else trial.plan.step.share)

    def close(self) -> None:
        """End the challenger's thread."""
        self._end()

    def _follow(self, plan: Plan | None) -> None:
        if plan is None or plan.experiment == self._out or plans.trips(self._stage, plan.experiment):
            self._end()
            return
        trial = self._trial
        if trial is not None and trial.plan.experiment == plan.experiment:
            self._trial = Trial(plan, trial.lane)  # the same challenger, perhaps another step
            if self._out == plan.experiment:  # the event loop took it out just now
                self._end()
            return
        self._end()
        self._failures = self._late = 0
        try:
            model = load(self._stage, plan.release)
        except Exception as error:  # whatever is wrong with it, the champion goes on
            self._take_out(plan.experiment, f"It cannot be loaded: {error}")
            self._write_report()
            return
        self._trial = Trial(plan, Lane(model, self._settings.timeout_seconds))
        logger.info("Trying model version %d: %s.", model.version, plan.step.phase)

    async def _by_champion(self, champion: Model, rows: Sequence[Any]) -> list[Scored]:
        started = time.thread_time()
        scores = await champion.scorer.scores(rows)
        # Many rows are scored on another thread, which this clock does not see.
        cpu_ms = 1_000 * (time.thread_time() - started) / len(rows) if 0 < len(rows) <= FEW else None
        self._count["champion"](len(scores))
        return [Scored(champion, score, "champion", cpu_ms) for score in scores]

    async def _by_challenger(self, trial: Trial, rows: Sequence[Any]) -> list[Scored]:
        if not rows or trial.lane.late:  # nobody waits behind a row that takes too long
            return []
        try:
            scores, seconds = await trial.lane.scores(rows)
        except LaneLateError as error:
            self._late += 1
            self._fail(trial, str(error), enough=self._late >= LATE)
            return []
        except LaneError as error:
            self._fail(trial, str(error))
            return []
        self._count["challenger"](len(scores))
        cpu_ms = 1_000 * seconds / len(rows)
        return [Scored(trial.lane.model, score, "challenger", cpu_ms) for score in scores]

    def _shadow(self, trial: Trial, rows: Sequence[Any], names: Sequence[str]) -> None:
        def done(scores: Sequence[float], seconds: float) -> None:
            self._count["shadow"](len(scores))
            took = time.perf_counter() - started
            for name, row, score in zip(names, rows, scores, strict=True):
                scored = Scored(trial.lane.model, score, "shadow", 1_000 * seconds / len(rows))
                self._record(f"{name}.shadow", row, scored, 1_000 * took)

        started = time.perf_counter()
        if not trial.lane.offer(rows, done, lambda reason: self._fail(trial, reason)):
            self._dropped(len(rows))

    def _fail(self, trial: Trial, reason: str, enough: bool | None = None) -> None:
        """Count a failure; take the challenger out when there were `enough`, by default as many as settings allow."""
        self._failed()
        tried = self._trial
        if tried is None or tried.lane is not trial.lane:
            return  # it is out already
        self._failures += enough is None
        if self._failures >= self._settings.failures if enough is None else enough:
            self._take_out(trial.plan.experiment, reason)

    def _take_out(self, experiment: str, reason: str) -> None:
        self._out, self._report = experiment, Trip(experiment=experiment, at=time.time(), reason=reason)
        self._trial, self.active = None, False  # at once; its thread, which may hang, is left to itself
        logger.error("The challenger is taken out: %s", reason)

    def _write_report(self) -> None:
        if self._report is not None:
            plans.trip(self._stage, self._worker, self._report)
            self._report = None

    def _end(self) -> None:
        if self._trial is not None:
            self._trial.lane.close()
            self._trial = None


def _key(row: Any, name: str) -> str:
    """What a split sticks to: the row's identifier. Without one each prediction is drawn by itself."""
    key = getattr(row, "key", None)
    return name if key is None else str(key)
