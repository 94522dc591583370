"""Decides whether an alert starts a retraining, and keeps a record of every decision."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from . import storage
from .errors import ProjectError
from .monitoring.alerts import Alert
from .monitoring.labels import labelled
from .monitoring.window import Reference
from .settings import Section

Action = Literal["none", "hold", "retrain"]
Outcome = Literal["", "started", "released", "waiting", "unchanged", "gate closed", "failed"]


class TriggerSettings(Section, table="trigger"):
    """When an alert may start a retraining.

    `checks`: the alerts that a retraining can cure.
    `unless`: alerts that forbid it, as the data itself is broken.
    `outcomes`: predictions of the newest window whose outcome must be known. Until then the training data does not
        hold what changed: a retraining would learn the old world again. 0 where the schema names no identifier.
    `cooldown_hours`: time for the new model to be seen by the checks, before the next one is made.
    `per_day`: the budget; more retrainings in a day mean that they do not help, and a person should look.
    """

    checks: tuple[str, ...] = ("data_drift", "prediction_drift", "performance")
    unless: tuple[str, ...] = ("data_quality",)
    outcomes: int = 500
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
        return msgspec.json.Decoder(Decision).decode_lines(storage.read_bytes(url()))
    except msgspec.DecodeError as error:
        raise ProjectError(f"{url()} is broken ({error}): mend or remove that line.") from error


def append(decision: Decision) -> None:
    """Add a line to the record."""
    before = storage.read_bytes(url()) if storage.exists(url()) else b""
    storage.write_bytes(url(), before + msgspec.json.encode(decision) + b"\n")


def known_outcomes() -> int:
    """Count the predictions of the newest window whose outcome is known by now."""
    return len(labelled(Reference.released(), windows=1))


def decide(
    active: Mapping[str, Alert],
    outcomes: int,
    past: Sequence[Decision],
    settings: TriggerSettings,
    now: datetime,
) -> Decision:
    """Decide by the alerts that fire, the outcomes that are known, and the retrainings of the past."""
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
    if outcomes < settings.outcomes:
        return say(
            "hold",
            f"{named} fires, but the outcome is known of {outcomes} new predictions, and {settings.outcomes} are "
            "needed to learn what changed.",
        )
    if starts and now - starts[-1] < rest:
        until = (starts[-1] + rest).isoformat(timespec="minutes")
        return say("hold", f"{named} fires; the cooldown after the last retraining ends {until}.")
    if len(today) >= settings.per_day:
        return say("hold", f"{named} fires; the budget of {settings.per_day} retrainings a day is used.")
    return say("retrain", f"{named} fires and {outcomes:,} outcomes are known: retraining.")


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)
