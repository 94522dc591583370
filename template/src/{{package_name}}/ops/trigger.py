"""Decides whether an alert starts a retraining."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from pydantic import Field

from . import decisions, release
from .decisions import Action, Decision, Outcome, Run, stamp
from .errors import ProjectError
from .monitoring import alerts
from .monitoring.labels import labelled
from .monitoring.window import Reference
from .pending import taken_out, underway
from .settings import Section
from .stages import STAGES

MINUTE = 60.0
RESET = "`make trigger ARGS=\"--reset 'what was mended'\"`"


class TriggerSettings(Section, table="trigger"):
    """When an alert may start a retraining.

    `checks`: the alerts that a retraining can cure.
    `unless`: alerts that forbid it, as the data itself is broken.
    `outcomes`: predictions of the newest window whose outcome must be known. Until then the training data does not
        hold what changed: a retraining would learn the old world again. 0 where the schema names no identifier.
    `cooldown_hours`: time for the new model to be seen by the checks, before the next one is made.
    `per_day`: the budget; more retrainings in a day mean that they do not help, and a person should look.
    `minutes_per_run`: a retraining that takes longer hangs: it is ended, with all its processes. The job in CI that
        runs the trigger has an hour, which leaves a quarter to write down how it ended.
    `minutes_per_day`: what retrainings may cost in a day. One starts only while its `minutes_per_run` are left.
    `attempts`: retrainings in a row without a better model, until the circuit opens. The first may be bad luck and the
        second too early; a third says that more of the same does not help.
    `command`: what retrains, if not the `retrain` of this package, which finds the orchestrator itself. It must end
        like that one: released or not, by the files.
    """

    checks: tuple[str, ...] = ("data_drift", "prediction_drift", "concept_drift", "performance")
    unless: tuple[str, ...] = ("data_quality",)
    outcomes: int = Field(default=500, ge=0)
    cooldown_hours: float = Field(default=6.0, ge=0)
    per_day: int = Field(default=3, ge=0)
    minutes_per_run: float = Field(default=45.0, gt=0)
    minutes_per_day: float = Field(default=120.0, gt=0)
    attempts: int = Field(default=3, ge=1)
    command: tuple[str, ...] = ()

    @property
    def longest(self) -> timedelta:
        """How long a retraining may take."""
        return timedelta(minutes=self.minutes_per_run)


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that fires, as somebody posted it. `key` tells it from the same alert at another time."""

    check: str
    since: datetime
    key: str


def known_outcomes() -> int:
    """Count the predictions of the newest window whose outcome is known by now."""
    return len(labelled(Reference.released(), windows=1))


def active(posted: Iterable[Firing] = ()) -> dict[str, frozenset[str]]:
    """Return the checks that fire for the model that is served now, each with the keys of its alerts.

    The log of alerts knows best: it says for which version a check fired. What it does not know of this version, such
    as a rule of your own, counts as posted, if it began after the release: an older alert is about an older model.
    """
    served = release.current(STAGES[-1])
    if served is None:
        return {}
    known = {alert.check: alert for alert in alerts.history() if alert.version == served.version}
    found = {
        check: frozenset({f"{check} of version {alert.version} since {alert.at}"})
        for check, alert in known.items()
        if alert.change == "firing"
    }
    released = datetime.fromisoformat(served.released_at)
    for one in posted:
        if one.check not in known and one.since > released:
            found[one.check] = found.get(one.check, frozenset()) | {one.key}
    return found


def decide(
    active: Mapping[str, frozenset[str]],
    outcomes: Callable[[], int],
    found: Sequence[Run],
    settings: TriggerSettings,
    now: datetime,
    underway: str = "",
) -> Decision:
    """Decide by the alerts that fire, the outcomes that are known, and the retrainings that were `found`, oldest first.

    `underway` says which version is not in service yet. `outcomes` is asked last: it reads the prediction log.
    """
    answered = {key for run in found if run.outcome in decisions.ANSWERED for key in run.keys}
    firing = [check for check in settings.checks if check in active]
    fresh = [check for check in firing if active[check] - answered]
    broken = [check for check in settings.unless if check in active]
    named = ", ".join(fresh or firing)

    def say(action: Action, sentence: str) -> Decision:
        outcome: Outcome = "started" if action == "retrain" else ""
        keys = tuple(sorted(key for check in fresh for key in active[check])) if outcome else ()
        return Decision(
            at=stamp(now), action=action, sentence=sentence, alerts=tuple(fresh), outcome=outcome, keys=keys
        )

    if not firing:
        return say("none", "No alert that a retraining would cure fires: nothing to do.")
    if not fresh:
        return say("none", f"{named} fires and has been answered: it starts another retraining when it fires anew.")
    lost = decisions.losses(found)
    if lost >= settings.attempts:
        return say(
            "hold",
            f"{named} fires, but the circuit is open, as {lost} retrainings in a row gave no better model: look why, "
            f"then close it with {RESET}.",
        )
    if underway:
        return say("hold", f"{named} fires, and {underway}.")
    if broken:
        return say("hold", f"{named} fires, and so does {', '.join(broken)}: mend the data first.")
    spent = _spent(found, settings, now)
    if spent:
        return say("hold", f"{named} fires; {spent}")
    if not settings.outcomes:
        return say("retrain", f"{named} fires: retraining.")
    known = outcomes()
    if known < settings.outcomes:
        return say(
            "hold",
            f"{named} fires, but the outcome is known of {known} new predictions, and {settings.outcomes} are "
            "needed to learn what changed.",
        )
    return say("retrain", f"{named} fires and {known:,} outcomes are known: retraining.")


def _spent(found: Sequence[Run], settings: TriggerSettings, now: datetime) -> str:
    """Say which limit the retrainings of the past have reached, if one is."""
    if not found:
        return ""
    last, rest = found[-1], timedelta(hours=settings.cooldown_hours)
    today = [run for run in found if now - run.start < timedelta(days=1)]
    used = sum(run.seconds for run in today) / MINUTE
    if last.outcome == "started":
        return f"the retraining of {stamp(last.start)} has not ended yet."
    if now - last.start < rest:
        return f"the cooldown after the last retraining ends {(last.start + rest).isoformat(timespec='minutes')}."
    if len(today) >= settings.per_day:
        return f"the budget of {settings.per_day} retrainings a day is used."
    if used + settings.minutes_per_run > settings.minutes_per_day:
        return (
            f"of the budget of {settings.minutes_per_day:g} minutes a day {used:.0f} are used, and a retraining may "
            f"take {settings.minutes_per_run:g}."
        )
    return ""


def look(posted: Collection[Firing] = ()) -> Decision:
    """Decide by the files, as they are now. A retraining answers all that was posted, whatever the sender's clock."""
    settings, now = TriggerSettings.load(), decisions.now()
    decision = decide(active(posted), known_outcomes, runs(settings, now), settings, now, underway())
    if decision.action != "retrain":
        return decision
    return msgspec.structs.replace(decision, keys=tuple(sorted({*decision.keys, *(one.key for one in posted)})))


def runs(settings: TriggerSettings, now: datetime) -> list[Run]:
    """Return the retrainings of the record, oldest first."""
    return decisions.runs(decisions.record(), now, settings.longest, taken_out())


def circuit_open() -> bool:
    """Say whether too many retrainings in a row gave no better model."""
    settings = TriggerSettings.load()
    return decisions.losses(runs(settings, decisions.now())) >= settings.attempts


def reset(reason: str) -> str:
    """Close the circuit, write down who did so and why, and return a sentence. Raises ProjectError without a reason."""
    if not reason.strip():
        raise ProjectError(f"A reset needs a reason, for whoever asks later: {RESET}.")
    lost = decisions.losses(runs(TriggerSettings.load(), decisions.now()))
    if not lost:
        return "The circuit is closed, and the last retraining did not fail: there is nothing to reset."
    who, why = release.person(), reason.strip()
    sentence = f"{who} closed the circuit after {lost} retrainings without a better model: {why}"
    decisions.append(Decision(at=stamp(decisions.now()), action="reset", sentence=sentence))
    return f"{sentence}. The cooldown goes on; `make retrain` does not wait for it."
