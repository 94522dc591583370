"""Start a retraining if an alert calls for it; otherwise say why not."""

import subprocess
import sys

import click
import msgspec

from .. import gate, release, storage, trigger
from ..errors import GateClosed, ProjectError
from ..lock import lock
from ..monitoring import alerts
from ..plugins import PACKAGE
from ..stages import STAGES


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be decided, and do nothing.")
def command(dry_run: bool) -> None:
    """Start a retraining if an alert calls for it; otherwise say why not.

    Every decision is added to monitoring/decisions.jsonl.
    """
    with lock("trigger"):
        active = alerts.active()
        decision = trigger.decide(
            active,
            trigger.known_outcomes() if active else 0,
            trigger.record(),
            trigger.TriggerSettings.load(),
            trigger.now(),
        )
        click.echo(f"{decision.action}: {decision.sentence}")
        if dry_run:
            return
        trigger.append(decision)
        if decision.action == "retrain":
            _retrain(decision)


def _retrain(decision: trigger.Decision) -> None:
    before = [release.current(stage) for stage in STAGES]
    reason = f"alert: {', '.join(decision.alerts)}"
    # Not through make: a container has none, and `retrain` finds the orchestrator itself.
    words = [sys.executable, "-m", PACKAGE, "retrain", "--reason", reason]
    done = subprocess.run(words, check=False)  # noqa: S603  the words are those of this module and of settings.toml
    end = ended(done.returncode, before, decision)
    trigger.append(end)
    if end.outcome == "failed":
        raise ProjectError(end.sentence)
    if end.outcome == "gate closed":
        raise GateClosed(end.sentence)
    click.echo(end.sentence)


def ended(status: int, before: list[release.Release | None], decision: trigger.Decision) -> trigger.Decision:
    """Say how a retraining ended. Make has one status for all that failed, so the files are asked."""
    tried, served = release.current(STAGES[0]), release.current(STAGES[-1])
    outcome: trigger.Outcome = "failed"
    sentence = "The retraining failed, see above; the old model is served on."
    if served != before[-1] and served is not None:
        outcome, sentence = "released", f"Version {served.version} was released."
    elif status == 0 and tried != before[0] and tried is not None:
        outcome, sentence = "waiting", f"Version {tried.version} waits in {STAGES[0]} for a person: `make promote`."
    elif status == 0:
        outcome, sentence = "unchanged", "The retraining gave the model that is served already."
    elif storage.exists(gate.url()):
        verdict = storage.read_json(gate.url(), gate.Verdict)
        if not verdict.open:
            outcome, sentence = "gate closed", f"{verdict.sentence} The old model is served on."
    at = trigger.now().isoformat(timespec="seconds")
    return msgspec.structs.replace(decision, at=at, outcome=outcome, sentence=sentence)
