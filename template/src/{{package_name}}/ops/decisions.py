"""The record of what the trigger decided, and how each retraining ended: `monitoring/decisions.jsonl`."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from . import storage
from .errors import ProjectError
from .lock import lock

Action = Literal["none", "hold", "retrain", "reset"]
Outcome = Literal["", "started", "released", "waiting", "unchanged", "gate closed", "failed", "stopped"]

ANSWERED: tuple[Outcome, ...] = ("released", "waiting")  # the alert has a new model, or soon
LOST: tuple[Outcome, ...] = ("unchanged", "gate closed", "failed")  # it has none


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the record. A retraining has two: one when it starts, one that says how it ended.

    `alerts` are the checks that fired; `keys` tell each of their alerts from the same check firing another time;
    `seconds` is how long a retraining took; `version` is what it released, or left waiting.
    """

    at: str
    action: Action
    sentence: str
    alerts: tuple[str, ...] = ()
    outcome: Outcome = ""
    keys: tuple[str, ...] = ()
    seconds: float = 0.0
    version: int | None = None


class Run(msgspec.Struct, kw_only=True):
    """One retraining, put together from its lines. `forgiven`: a person closed the circuit after it."""

    start: datetime
    keys: tuple[str, ...]
    outcome: Outcome = "started"
    seconds: float = 0.0
    forgiven: bool = False


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
    """Add a line to the record. One that only repeats the last one is left out: alerts come in storms."""
    with lock("decisions", wait_seconds=10):
        before = storage.read_bytes(url()) if storage.exists(url()) else b""
        if decision.action in ("none", "hold"):
            with suppress(msgspec.DecodeError):  # whoever reads the record is told
                told = msgspec.json.decode(before.rstrip().rpartition(b"\n")[2], type=Decision)
                if told == msgspec.structs.replace(decision, at=told.at):
                    return
        storage.write_bytes(url(), before + msgspec.json.encode(decision) + b"\n")


def runs(past: Sequence[Decision], now: datetime, longest: timedelta, taken_out: Collection[int] = ()) -> list[Run]:
    """Return the retrainings of a record, oldest first.

    One that never said how it ended counts as running for as long as it may take (`longest`), and as failed afterwards:
    its process is gone, and so may be the machine. One whose version was `taken_out` of a trial on live requests has
    lost, as it would have at the gate.
    """
    found: list[Run] = []
    for line in past:
        if line.action == "reset":
            for run in found:
                run.forgiven = True
        elif line.outcome == "started":
            found.append(Run(start=datetime.fromisoformat(line.at), keys=line.keys))
        elif line.action == "retrain" and found:
            lost = line.outcome == "waiting" and line.version in taken_out
            found[-1].outcome, found[-1].seconds = "gate closed" if lost else line.outcome, line.seconds
    for number, run in enumerate(found):
        if run.outcome == "started":
            end = found[number + 1].start if number + 1 < len(found) else now
            run.seconds = min(end - run.start, longest).total_seconds()
            if end is not now or end - run.start >= longest:
                run.outcome = "failed"
    return found


def losses(found: Sequence[Run]) -> int:
    """Count the newest retrainings in a row that gave no better model. One that was stopped by a person is left out."""
    count = 0
    for run in reversed(found):
        if run.forgiven or run.outcome in ANSWERED:
            break
        count += run.outcome in LOST
    return count


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """Write a time as the record does."""
    return moment.isoformat(timespec="seconds")
