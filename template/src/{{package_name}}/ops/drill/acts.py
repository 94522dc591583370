"""The acts of the drill, in order. Each one says what must happen, and fails when it does not."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from .. import decisions, gate, release, storage
from ..delivery import audit, control, plan
from ..demo.scene import PIPELINE, Step
from ..errors import ProjectError
from ..monitoring import alerts
from ..monitoring.outputs.results import Results
from ..registry import CHAMPION, open_registry
from . import alerting, faults
from .stage import PRODUCTION, Stage

# Seconds after which a look or a decision, or a retraining and its trial, counts as missing: ten times what they take,
# as a machine that is busy with other things is not a loop that is broken. The report says what each took.
SOON, RETRAINED = 180.0, 600.0
QUICK = 5.0  # seconds from the command for a rollback to the answer of the version before


def play(stage: Stage) -> None:
    """Play all acts. Raises ProjectError at the first that does not show what it must."""
    try:
        for title, act in ACTS:
            with stage.scene.act(title) as playing:
                stage.expected.append([])
                stage.note("drill", title)
                act(stage)
                playing.found = "as expected"
    finally:
        stage.end()


def _usual_day(stage: Stage) -> None:
    stage.scene.make("retrain", "", PIPELINE)
    stage.start()
    stage.scene.project("simulate", "--days", "15")
    with _traffic(stage):
        stage.until("the checks judge live traffic", _judged, SOON)
        time.sleep(8)
    stage.insist("no alert fires", not _firing(stage), _firing(stage))
    stage.insist("nothing is retrained", stage.retrainings() == 0)


def _gradual(stage: Stage) -> None:
    before, started = stage.scene.version(), stage.retrainings()
    stage.scene.project("simulate", "--days", "60", "--drift", "gradual")
    with _traffic(stage):
        stage.until("an alert fires", lambda: stage.alert("data_drift", "prediction_drift"), SOON)
        stage.scene.project("simulate", "--days", "140", "--drift", "sudden")  # the outcomes of before are known now
        stage.until("a retraining starts", lambda: stage.retrainings() > started, SOON)
        stage.until("the new version is tried on live requests", lambda: _phase(""), RETRAINED)
        stage.until("it answers a share of the requests", lambda: _phase("canary"), SOON)
    stage.note("drill", "the service is killed")
    stage.processes.kill("service")
    stage.processes.again("service")
    stage.until("the service answers again, as before", lambda: stage.scene.version() == before, SOON)
    stage.insist("the trial goes on where it was", bool(_phase("canary")))
    with _traffic(stage):
        stage.until("the new version is released", lambda: stage.scene.version() > before, RETRAINED)
        stage.until("the champion has its name", lambda: open_registry().alias(CHAMPION) == stage.scene.version(), SOON)
        stage.until("no alert is left", lambda: not stage.alert("data_drift", "prediction_drift"), SOON)


def _sudden_with_late_labels(stage: Stage) -> None:
    before, started = stage.scene.version(), stage.retrainings()
    told = len(decisions.record())
    stage.scene.project("simulate", "--days", "15")  # back to the old world, from one day to the next
    with _traffic(stage):
        stage.until("an alert fires", lambda: stage.alert("data_drift", "prediction_drift"), SOON)
        stage.until("the trigger waits for outcomes", lambda: stage.decided("hold", told), SOON)
        stage.insist("nothing is retrained before they are known", stage.retrainings() == started)
        stage.scene.project("simulate", "--days", "140")
        stage.until("with the outcomes a retraining starts", lambda: stage.retrainings() > started, SOON)
        stage.until("the good challenger is released", lambda: stage.scene.version() > before, RETRAINED)
    stage.insist("one retraining was enough", stage.retrainings() == started + 1)


def _schema_break(stage: Stage) -> None:
    before, started = stage.scene.version(), stage.retrainings()
    stage.scene.project("simulate", "--days", "15", "--drift", "schema", "--requests", "400")
    files = sorted(storage.glob(storage.url("landing", "requests", "*.ndjson")))
    again = ("--seconds", "3600", "--pause", "0.01", "--connections", "4")
    words = ("--url", stage.scene.url, "--file", files[-1], *again)
    with stage.scene.background("traffic", *words) as requests:
        if stage.programs:
            stage.until("RequestsRefused fires", lambda: _prometheus(stage, "RequestsRefused"), SOON)
        else:
            time.sleep(5)
    stage.insist("what breaks the schema is refused, the rest is answered", _refused(requests), requests.lines[0])
    retrained = stage.scene.make("retrain", "", PIPELINE, may_fail=True)
    said = next((line for line in retrained.lines if "channel" in line or "loan_amount" in line), "")
    stopped = bool(retrained.status and said)
    stage.insist("a retraining on the broken batch stops, and names what is wrong", stopped, said)
    stage.insist("nothing was released and nothing retrained by itself", _as_before(stage, before, started))
    for path in sorted(storage.glob(storage.url("landing", "*", "*.parquet")))[-1:]:
        newest = path.rpartition("/")[2]
    for path in storage.glob(storage.url("landing", "*", newest)):  # the sender takes the batch back
        storage.remove(path)
    stage.scene.project("data")


def _shuffled(stage: Stage) -> None:
    before, started = stage.scene.version(), stage.retrainings()
    for step in ("data", "validate", "prepare"):
        stage.scene.project(step)
    faults.shuffle_labels()
    for step in ("train", "evaluate"):
        stage.scene.project(step)
    closed = stage.scene.project("gate", may_fail=True)
    verdict = storage.read_json(gate.url(), gate.Verdict)
    stage.insist("the gate is closed", closed.status != 0 and not verdict.open, verdict.sentence)
    stage.scene.project("register")
    promoted = stage.scene.make("promote", "--yes", may_fail=True)
    stage.insist("promoting it is refused", promoted.status != 0, _line(promoted, "Gate closed"))
    stage.insist("the champion answers as before", _as_before(stage, before, started))


def _slipped_through(stage: Stage) -> None:
    before = stage.scene.version()
    with _traffic(stage) as requests:
        number = faults.register_broken(release.current_url(PRODUCTION))
        stage.note("drill", f"version {number} fails on some rows, and is tried on live requests without a gate")
        control.start(open_registry(), number, PRODUCTION, "drill: it slipped through")
        stage.until("it is taken out by itself", lambda: plan.current(PRODUCTION) is None, SOON)
        last = audit.history(PRODUCTION)[-1]
        stage.insist("for its failures", last.action == "withdraw" and bool(last.evidence.failures), last.sentence)
        time.sleep(1)
    stage.insist("no request failed", requests.status == 0, requests.lines[0])
    stage.insist("the champion answers everything", stage.scene.version() == before)


def _rollback(stage: Stage) -> None:
    before = stage.scene.version()
    with _traffic(stage) as requests:
        with ThreadPoolExecutor(1) as beside:
            command = beside.submit(stage.scene.make, "rollback", "--reason drill")
            stage.until("the version before answers", lambda: stage.scene.version() != before, QUICK)
            command.result()
        time.sleep(1)
    stage.insist("no request failed", requests.status == 0, requests.lines[0])
    release.put(PRODUCTION, release.history(PRODUCTION)[-2])
    stage.until("the newer version is back", lambda: stage.scene.version() == before, SOON)
    control.name_champion(before)


def _registry_outage(stage: Stage) -> None:
    before, started = stage.scene.version(), stage.retrainings()
    with _traffic(stage) as requests, faults.no_registry():
        stage.note("drill", "the registry is gone")
        retrained = stage.scene.make("retrain", "", PIPELINE, may_fail=True)
        said = _line(retrained, "Error")
        stage.insist("a retraining says in a sentence that it cannot go on", bool(retrained.status and said), said)
        stage.insist("no traceback is shown", not any("Traceback" in line for line in retrained.lines))
    stage.note("drill", "the registry is back")
    stage.insist("no request failed meanwhile", requests.status == 0, requests.lines[0])
    stage.insist("the champion answers as before", _as_before(stage, before, started))
    again = stage.scene.make("pipeline", "", PIPELINE)
    stage.insist("with the registry back the pipeline runs", again.status == 0)


ACTS: tuple[tuple[str, Callable[[Stage], None]], ...] = (
    ("A usual day: nothing happens", _usual_day),
    ("The world changes slowly, and the service is killed while the new model is tried", _gradual),
    ("The world changes at once, and the labels are late", _sudden_with_late_labels),
    ("A sender breaks the schema", _schema_break),
    ("A bad challenger: trained on shuffled labels", _shuffled),
    ("A bad challenger that slipped through the gate", _slipped_through),
    ("A person rolls back under load", _rollback),
    ("The registry is away", _registry_outage),
)


@contextmanager
def _traffic(stage: Stage) -> Iterator[Step]:
    """Send the newest rows to the service until the block ends. Raises ProjectError when a request failed."""
    words = ("--url", stage.scene.url, "--rows", "4000", "--seconds", "3600", "--pause", "0.01", "--connections", "4")
    with stage.scene.background("traffic", *words) as requests:
        yield requests
    if requests.status:
        raise ProjectError(f"Requests failed: {' '.join(requests.lines)}")


def _phase(wanted: str) -> str:
    found = plan.current(PRODUCTION)
    return f"version {found.release.version}, {found.step.phase}" if found and wanted in found.step.phase else ""


def _judged() -> bool:
    """Say whether the checks had rows enough to judge by."""
    url = storage.url("monitoring", "checks.json")
    found = storage.read_json(url, Results).findings if storage.exists(url) else []
    return any(finding.check == "data_drift" and finding.state != "unknown" for finding in found)


def _firing(stage: Stage) -> str:
    """Return the names of all alerts that fire."""
    names = set(alerts.active())
    if stage.programs:
        names |= alerting.firing(stage.ports["prometheus"])
    return ", ".join(sorted(names))


def _prometheus(stage: Stage, name: str) -> bool:
    return name in alerting.firing(stage.ports["prometheus"])


def _line(step: Step, beginning: str) -> str:
    return next((line for line in step.lines if line.startswith(beginning)), "")


def _refused(step: Step) -> bool:
    return any("422" in line for line in step.lines) and "answered: none" not in step.lines[0]


def _as_before(stage: Stage, version: int, retrainings: int) -> bool:
    return stage.scene.version() == version and stage.retrainings() == retrainings
