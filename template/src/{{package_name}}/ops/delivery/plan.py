"""What is tried beside the champion, and how far the trial has got: `serving/<stage>/delivery.json`.

Beside it lies `delivery.jsonl`, every decision with its evidence. `delivery/<stage>/` is where workers of the service
report that they had to take the challenger out: they may read releases, and not write them.
"""

import hashlib
from typing import Literal

import msgspec
from pydantic import Field

from .. import storage
from ..errors import ProjectError
from ..release import Release
from ..settings import Section

PLAN, AUDIT = "delivery.json", "delivery.jsonl"

Phase = Literal["shadow", "canary", "ab"]


class DeliverySettings(Section, table="delivery"):
    """How a challenger is tried. `mode` is `canary`, `ab`, `shadow` (no answers before it is released), or `off`.

    `shadow_rows`: predictions in shadow before it may answer at all; 0 leaves the shadow out. A PSI of two windows of
        this size is exact to about 0.05.
    `shares`: what part of the requests it answers, step by step. The first is small enough to be harmless, the last
        large enough to show a load that is worth the name.
    `minimum_rows`: answers of the challenger that each step waits for; a 99th percentile needs a few hundred.
    `minimum_seconds`: how long a step lasts at least: slow faults (memory, caches) need time, not rows.
    `give_up_hours`: a trial without enough evidence for so long ends, and the champion stays.
    `timeout_seconds`: the champion answers a request that the challenger did not answer in this time.
    `failures`: requests that the challenger may fail before it is taken out. The champion answers them, so one is
        already one that only the challenger fails. One that comes late is no failure until it lasts, or comes again.
    `latency_ratio`, `latency_ms`: the 99th percentile of the challenger's scoring time may be so many times the
        champion's, or so many milliseconds above, whichever is more. It is CPU time: a machine that is busy with other
        things makes no model slow. Below a few milliseconds nobody who waits for an answer notices.
    `psi`: how far its scores may lie from the champion's, unless its evaluation foresaw just that.
    `minimum_labels`: outcomes of each model from which on quality is compared.
    `confidence`: of the statement that one of them decides worse.
    `ab_share`, `ab_effect`, `ab_power`: the share of an A/B test, the relative change of cost that must not go unseen,
        and how surely it must be seen. They give the sample size.
    """

    mode: Literal["off", "shadow", "canary", "ab"] = "canary"
    shadow_rows: int = Field(500, ge=0)
    shares: tuple[float, ...] = (0.01, 0.1, 0.5)
    minimum_rows: int = Field(300, ge=1)
    minimum_seconds: float = Field(60.0, ge=0)
    give_up_hours: float = Field(168.0, gt=0)
    timeout_seconds: float = Field(0.25, gt=0)
    failures: int = Field(1, ge=1)
    latency_ratio: float = Field(2.0, ge=1)
    latency_ms: float = Field(5.0, ge=0)
    psi: float = Field(0.25, gt=0)
    minimum_labels: int = Field(300, ge=30)
    confidence: float = Field(0.95, gt=0.5, lt=1)
    ab_share: float = Field(0.5, gt=0, lt=1)
    ab_effect: float = Field(0.1, gt=0)
    ab_power: float = Field(0.8, gt=0.5, lt=1)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a trial: who answers what share of the requests, and the rows that it waits for.

    In an A/B test `rows` are labelled predictions of each of the two models.
    """

    phase: Phase
    share: float
    rows: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A trial. `release` is what follows when it ends well; `since` is when this step began, in Unix seconds.

    `experiment` names the trial; it is also the salt of the split, so that each trial draws its requests anew.
    """

    release: Release
    champion: int
    experiment: str
    steps: tuple[Step, ...]
    position: int
    started: float
    since: float

    @property
    def step(self) -> Step:
        """The step of now."""
        return self.steps[self.position]

    @property
    def last(self) -> bool:
        """Whether what follows is the release."""
        return self.position == len(self.steps) - 1


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """A worker took its challenger out, and why."""

    experiment: str
    at: float
    reason: str


def steps(settings: DeliverySettings, sample: int) -> tuple[Step, ...]:
    """Return the steps of a trial. `sample` is the size of each side of an A/B test. Raises ProjectError."""
    shares = settings.shares
    if settings.mode == "canary" and (not shares or sorted(set(shares)) != list(shares) or not shares[0] > 0):
        raise ProjectError("[delivery] shares in settings.toml: give rising shares, such as [0.01, 0.1, 0.5].")
    if settings.mode == "canary" and shares[-1] > 1:
        raise ProjectError("[delivery] shares in settings.toml: a share is at most 1, which is every request.")
    found: list[Step] = []
    if settings.shadow_rows or settings.mode == "shadow":
        found.append(Step(phase="shadow", share=0.0, rows=max(settings.shadow_rows, settings.minimum_rows)))
    if settings.mode == "canary":
        found += [Step(phase="canary", share=share, rows=settings.minimum_rows) for share in shares]
    if settings.mode == "ab":
        found.append(Step(phase="ab", share=settings.ab_share, rows=sample))
    return tuple(found)


def bucket(experiment: str, key: str) -> float:
    """Return where a key falls in an experiment, from 0 to 1: the same key always, and evenly over keys.

    A key that lies below a share lies below every larger one, so nobody goes back when a share grows.
    """
    digest = hashlib.blake2b(f"{experiment}:{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def current(stage: str) -> Plan | None:
    """Return what is tried on a stage now, or None."""
    return storage.find_json(_url(stage, PLAN), Plan)


def write(stage: str, plan: Plan) -> None:
    """Let the service follow a plan, from its next poll on."""
    storage.write_json(_url(stage, PLAN), plan)


def clear(stage: str) -> None:
    """End the trial: the champion answers everything from the next poll on."""
    storage.remove(_url(stage, PLAN))


def trips(stage: str, experiment: str) -> list[Trip]:
    """Return what workers of the service reported on an experiment."""
    found = [storage.read_json(path, Trip) for path in storage.glob(_trip_url(stage, experiment, "*"))]
    return sorted(found, key=lambda trip: trip.at)


def trip(stage: str, worker: str, report: Trip) -> None:
    """Report that a worker took its challenger out."""
    storage.write_json(_trip_url(stage, report.experiment, worker), report)


def audit_url(stage: str) -> str:
    """Return where the decisions are kept."""
    return _url(stage, AUDIT)


def _trip_url(stage: str, experiment: str, worker: str) -> str:
    return storage.url("delivery", stage, f"{experiment}-{worker}.json")


def _url(stage: str, *parts: str) -> str:
    return storage.url("serving", stage, *parts)
