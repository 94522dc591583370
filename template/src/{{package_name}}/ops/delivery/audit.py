"""Every decision on a trial, with its evidence: `serving/<stage>/delivery.jsonl`. And the end of a trial by hand."""

import time
from datetime import UTC, datetime

import msgspec

from .. import storage
from ..errors import ProjectError
from ..lock import lock
from . import plan as plans
from .decision import Action, Decision, Evidence, Side
from .plan import Plan


def history(stage: str) -> list[Decision]:
    """Return every decision on a stage, oldest first."""
    url = plans.audit_url(stage)
    if not storage.exists(url):
        return []
    try:
        return msgspec.json.Decoder(Decision).decode_lines(storage.read_bytes(url))
    except msgspec.DecodeError as error:
        raise ProjectError(f"{url} is broken ({error}): mend or remove that line.") from error


def record(stage: str, plan: Plan, action: Action, sentence: str, evidence: Evidence | None) -> Decision:
    """Add a decision to the log and return it. One that only repeats the last wait is left out."""
    nothing = Evidence(
        seconds=time.time() - plan.since,
        champion=Side(version=plan.champion, rows=0),
        challenger=Side(version=plan.release.version, rows=0),
    )
    decision = Decision(
        at=now(),
        experiment=plan.experiment,
        version=plan.release.version,
        phase=plan.step.phase,
        share=plan.step.share,
        action=action,
        sentence=sentence,
        evidence=evidence or nothing,
    )
    past = history(stage)
    if action == "hold" and past and past[-1].action == "hold" and past[-1].sentence == sentence:
        return decision
    url = plans.audit_url(stage)
    before = storage.read_bytes(url) if storage.exists(url) else b""
    storage.write_bytes(url, before + msgspec.json.encode(decision) + b"\n")
    return decision


def abort(stage: str, reason: str) -> Decision | None:
    """End the trial now; the champion answers everything from the next poll on. None: nothing is tried."""
    with lock("delivery", wait_seconds=30):
        plan = plans.current(stage)
        if plan is None:
            return None
        plans.clear(stage)  # the service first: nothing that fails below may keep the challenger in
        return record(stage, plan, "withdraw", reason, None)


def now() -> str:
    """The time in UTC, as the records write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
