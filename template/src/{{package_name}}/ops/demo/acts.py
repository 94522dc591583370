"""The acts. Which of them are played is decided by the commands that this level has."""

import json
from pathlib import Path

import click
import msgspec

from ..cli import cli
from ..errors import ProjectError
from ..monitoring.outputs.results import Results
from ..stages import STAGES
from .scene import PIPELINE, Act, Scene

USUAL_DAYS, LABEL_DAYS, ROWS = 15, 140, 800


def play(scene: Scene, drift: str) -> None:
    """Play all acts. Raises ProjectError when one does not show what it should."""
    _first_model(scene)
    with scene.service():
        _traffic(scene, "Serve it, and send usual traffic", "none")
        if drift == "none":
            _traffic(scene, "Send more usual traffic", "none")
        else:
            _traffic(scene, "The world changes, and traffic with it", drift, alert=True)
        if _has("retrain"):
            _labels(scene, drift)
            if drift != "none":
                _retrain(scene)
                _traffic(scene, "Send the changed traffic to the new model", drift)


def _first_model(scene: Scene) -> None:
    with scene.act("Train a first model and release it") as act:
        if _has("retrain"):
            scene.make("retrain", "", PIPELINE)
        else:
            for target, arguments in (
                ("data", ""),
                ("train", ""),
                ("evaluate", ""),
                ("register", ""),
                ("promote", "--yes"),
            ):
                scene.make(target, arguments)
        act.found = f"Report: {scene.root}/evaluation/report.html"


def _traffic(scene: Scene, title: str, drift: str, alert: bool = False) -> None:
    """Let a batch arrive, send it to the service, and look: the checks must fire if, and only if, `alert` is set."""
    with scene.act(title) as act:
        scene.project("simulate", "--days", str(USUAL_DAYS), "--drift", drift)
        scene.project("traffic", "--url", scene.url, "--rows", str(ROWS))
        fired = _look(scene, act)
        if alert and not fired:
            raise ProjectError(f"Drift `{drift}` raised no alert: see {scene.root}/monitoring.")
        if fired and not alert:
            raise ProjectError(f"Usual traffic raised an alert ({', '.join(fired)}).")
        if _has("trigger"):
            scene.make("trigger", "", PIPELINE)


def _look(scene: Scene, act: Act) -> list[str]:
    scene.make("monitor", f"--rows {ROWS}")
    content = Path(scene.root, "monitoring", "checks.json").read_bytes()
    findings = msgspec.json.decode(content, type=Results).findings
    fired = [finding.check for finding in findings if finding.state == "firing"]
    alerts = f"Alert: {', '.join(fired)}." if fired else "No alert."
    act.found = f"Version {scene.version()}. {alerts} Report: {scene.root}/monitoring/report.html"
    return fired


def _labels(scene: Scene, drift: str) -> None:
    with scene.act(f"{LABEL_DAYS} days later, the outcomes are known") as act:
        scene.project("simulate", "--days", str(LABEL_DAYS), "--drift", drift)
        fired = _look(scene, act)
        if drift == "none" and fired:
            raise ProjectError(f"Usual outcomes raised an alert ({', '.join(fired)}).")
        if drift == "none" and _has("trigger"):
            scene.make("trigger", "", PIPELINE)


def _retrain(scene: Scene) -> None:
    """Retrain, by the alert where this level has a trigger, while requests keep coming."""
    by_alert = _has("trigger")
    title = "The alert starts a retraining" if by_alert else "Retrain, as somebody read the alert"
    with scene.act(title) as act:
        before = scene.version()
        scene.environment["RELEASE__URLS"] = json.dumps({STAGES[-1]: scene.url})
        words = ("--url", scene.url, "--seconds", "3600", "--pause", "0.008", "--connections", "4")
        with scene.background("traffic", *words) as requests:
            scene.make("trigger" if by_alert else "retrain", "", PIPELINE)
            if _has("deliver"):
                scene.make("deliver", "--wait --interval 0.25")
        after = scene.version()
        if after == before or requests.status:
            raise ProjectError(f"Version {before} answered before, {after} now: see above.")
        act.found = f"Version {before} answered before, version {after} answers now; no request failed."


def _has(command: str) -> bool:
    return command in cli.list_commands(click.Context(cli))
