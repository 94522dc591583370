"""Runs the retraining that the trigger decided on: one at a time, with an end, and written down."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, suppress
from typing import Literal

import msgspec

from . import decisions, gate, release, storage, trigger
from .decisions import Decision, Outcome, stamp
from .errors import ProjectError
from .lock import lock
from .pending import underway
from .plugins import PACKAGE
from .release import Release
from .stages import STAGES
from .trigger import MINUTE, Firing, TriggerSettings

POLL, GRACE = 0.1, 10.0  # seconds between two looks at the process; seconds that it has to end by itself
NOT_FOUND = 127  # as a shell says it

Say = Callable[[str], None]
Stopped = Callable[[], bool]


class Exit(msgspec.Struct, frozen=True, kw_only=True):
    """How a process ended: by itself, or `cut` short by its time limit or together with the trigger."""

    status: int
    seconds: float = 0.0
    cut: Literal["", "time", "stop"] = ""


def consider(say: Say, stopped: Stopped, posted: Collection[Firing] = (), dry_run: bool = False) -> Decision:
    """Decide, retrain if so decided, and return the last line for the record. It ends the retraining once `stopped`.

    Whoever comes while another one decides or retrains is refused by its lock, and holds.
    """
    with ExitStack() as held:
        decision = _refused(held, "trigger") or trigger.look(posted)
        if decision.action == "retrain":
            with ExitStack() as briefly:  # `retrain` takes them itself; a person may have come first
                decision = _refused(briefly, "retrain", "pipeline") or decision
        say(f"{decision.action}: {decision.sentence}")
        if dry_run:
            return decision
        decisions.append(decision)
        if decision.action == "retrain":
            decision = _retrain(decision, stopped)
    return decision


def _refused(held: ExitStack, *names: str) -> Decision | None:
    """Take locks. Returns the decision to hold when another process has one."""
    try:
        for name in names:
            held.enter_context(lock(name))
    except ProjectError as error:
        return Decision(at=stamp(decisions.now()), action="hold", sentence=str(error))
    return None


def _retrain(decision: Decision, stopped: Stopped) -> Decision:
    before = [release.current(stage) for stage in STAGES]
    settings = TriggerSettings.load()
    storage.remove(gate.url())  # so that a verdict found afterwards is of this run
    # Not through make: a container has none, and `retrain` finds the orchestrator itself.
    alone = (sys.executable, "-m", PACKAGE, "retrain", "--reason", f"alert: {', '.join(decision.alerts)}")
    done = supervise(settings.command or alone, settings.longest.total_seconds(), stopped)
    end = ended(done, before, decision)
    decisions.append(end)
    return end


def supervise(words: Sequence[str], limit_seconds: float, stopped: Stopped) -> Exit:
    """Run a command until it ends, its time is over, or it is `stopped`: then all processes that it started end.

    It runs in a process group of its own, so that nothing of it goes on beside the next retraining.
    """
    started = time.monotonic()
    cut: Literal["", "time", "stop"] = ""
    try:
        process = subprocess.Popen(words, start_new_session=True)  # noqa: S603  words of this module or of settings.toml
    except OSError as error:
        print(f"{words[0]} cannot be run ({error.strerror}): mend [trigger] command in settings.toml.", file=sys.stderr)
        return Exit(status=NOT_FOUND)
    try:
        while process.poll() is None and not cut:
            time.sleep(POLL)
            if stopped():
                cut = "stop"
            elif time.monotonic() - started > limit_seconds:
                cut = "time"
    finally:
        if process.returncode is None:
            _end(process)
    return Exit(status=process.returncode, seconds=time.monotonic() - started, cut=cut if process.returncode else "")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process group: by request, and after the grace period by force. A child may outlive the first of them."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def ended(done: Exit, before: Sequence[Release | None], decision: Decision) -> Decision:
    """Say how a retraining ended. Make has one status for all that failed, so the files are asked."""
    tried, served = release.current(STAGES[0]), release.current(STAGES[-1])
    outcome: Outcome = "failed"
    sentence = "The retraining failed, see its output; the old model is served on."
    version: int | None = None
    if served != before[-1] and served is not None:
        outcome, version, sentence = "released", served.version, f"Version {served.version} was released."
    elif done.cut == "time":
        sentence = (
            f"The retraining was ended after {done.seconds / MINUTE:.1f} minutes ([trigger] minutes_per_run); the old "
            "model is served on."
        )
    elif done.cut == "stop":
        outcome, sentence = "stopped", "The retraining was stopped with the trigger; the old model is served on."
    elif done.status == 0 and tried != before[0] and tried is not None:
        outcome, version = "waiting", tried.version
        said = underway() or f"version {version} is released to {STAGES[0]}"
        sentence = f"{said[0].upper()}{said[1:]}."
    elif done.status == 0:
        outcome, sentence = "unchanged", "The retraining gave the model that is served already."
    elif storage.exists(gate.url()):
        verdict = storage.read_json(gate.url(), gate.Verdict)
        if not verdict.open:
            outcome, sentence = "gate closed", f"{verdict.sentence} The old model is served on."
    return msgspec.structs.replace(
        decision,
        at=stamp(decisions.now()),
        outcome=outcome,
        sentence=sentence,
        seconds=round(done.seconds, 1),
        version=version,
    )
