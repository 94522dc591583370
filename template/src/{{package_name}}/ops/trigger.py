"""Decides whether an alert starts a retraining, and keeps a record of every decision."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
import polars as pl

from .. import source
from ..schema import SCHEMA
from . import storage
from .dataset import Data
from .errors import ProjectError
from .monitoring.alerts import Alert
from .settings import Section

Action = Literal["none", "hold", "retrain"]
Outcome = Literal["", "started", "released", "unchanged", "gate closed", "failed"]


class TriggerSettings(Section, table="trigger"):
    """When an alert may start a retraining.

    `checks`: the alerts that a retraining can cure. `unless`: alerts that forbid it, as the data itself is broken.
    `new_labels`: labelled rows that must have come since the data was last extracted; on the same rows a retraining
    gives the same model, and the gate the same answer.
    `cooldown_hours`: time for the new model to be seen by the checks, before the next one is made.
    `per_day`: the budget; more retrainings in a day mean that they do not help, and a person should look.
    """

    checks: tuple[str, ...] = ("data_drift", "prediction_drift", "performance")
    unless: tuple[str, ...] = ("data_quality",)
    new_labels: int = 200
    cooldown_hours: float = 6.0
    per_day: int = 3


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the record. A retraining has two: one when it starts, one that says how it ended."""

    at: str
    action: Action
    sentence: str
    alerts: tuple[str, ...] = ()
    outcome: Outcome = ""


def url() -> str:
    """The URL of the record."""
    return storage.url("monitoring", "decisions.jsonl")


def record() -> list[Decision]:
    """Return every decision, oldest first."""
    if not storage.exists(url()):
        return []
    try:
        return msgspec.json.decode_lines(storage.read_bytes(url()), type=list[Decision])
    except msgspec.DecodeError as error:
        raise ProjectError(f"{url()} is broken ({error}): mend or remove that line.") from error


def append(decision: Decision) -> None:
    """Add a line to the record."""
    before = storage.read_bytes(url()) if storage.exists(url()) else b""
    storage.write_bytes(url(), before + msgspec.json.encode(decision) + b"\n")


def new_labels() -> int:
    """Count the labelled rows that have come since the data was last extracted."""
    path = storage.url("data", "data.json")
    before = storage.read_json(path, Data).labelled if storage.exists(path) else 0
    return int(source.load().select(pl.col(SCHEMA.target).is_not_null().sum()).item()) - before


def decide(
    active: Mapping[str, Alert],
    labels: int,
    past: Sequence[Decision],
    settings: TriggerSettings,
    now: datetime,
) -> Decision:
    """Decide by the alerts that fire, the labels that are new, and the retrainings of the past."""
    alerts = tuple(check for check in settings.checks if check in active)
    broken = [check for check in settings.unless if check in active]
    starts = [
        datetime.fromisoformat(decision.at)
        for decision in past
        if decision.action == "retrain" and decision.outcome == "started"
    ]
    today = [start for start in starts if now - start < timedelta(days=1)]
    rest = timedelta(hours=settings.cooldown_hours)

    def say(action: Action, sentence: str) -> Decision:
        outcome: Outcome = "started" if action == "retrain" else ""
        at = now.isoformat(timespec="seconds")
        return Decision(at=at, action=action, sentence=sentence, alerts=alerts, outcome=outcome)

    if not alerts:
        return say("none", "No alert that a retraining would cure fires: nothing to do.")
    named = ", ".join(alerts)
    if broken:
        return say("hold", f"{named} fires, and so does {', '.join(broken)}: mend the data first.")
    if labels < settings.new_labels:
        return say(
            "hold",
            f"{named} fires, but only {max(labels, 0)} labels are new, of {settings.new_labels} that are needed: "
            "on the same data a retraining gives the same model.",
        )
    if starts and now - starts[-1] < rest:
        until = (starts[-1] + rest).isoformat(timespec="minutes")
        return say("hold", f"{named} fires; the cooldown after the last retraining ends {until}.")
    if len(today) >= settings.per_day:
        return say(
            "hold", f"{named} fires; the budget of {settings.per_day} retrainings a day is used."
        )
    return say("retrain", f"{named} fires and {labels:,} labels are new: retraining.")


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)
