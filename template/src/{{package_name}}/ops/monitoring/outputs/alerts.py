"""Alerts that start to fire or are resolved: `monitoring/alerts.jsonl`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from ...lock import lock
from .. import alerts
from ..alerts import Alert, Change
from ..findings import Finding
from ..window import Reference, Window

LIVE = True


def write(findings: list[Finding], window: Window, reference: Reference) -> str:
    """Append what changed since the last look."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with lock("alerts", wait_seconds=10):
        changed = changes(findings, alerts.active(), reference.version, now)
        if changed:
            alerts.append(changed)
    return alerts.url()


def changes(findings: list[Finding], active: Mapping[str, Alert], version: int, now: str) -> list[Alert]:
    """Compare findings with the alerts that fire, and return the lines to add.

    An alert outlives a look without enough evidence, but not its model: a new release starts clean.
    """
    lines: list[Alert] = []
    for finding in findings:
        line = partial(_line, now, finding.check)
        alert = active.get(finding.check)
        if alert and alert.version != version:
            reason = f"Version {version} was released in place of version {alert.version}."
            lines.append(line("resolved", alert.version, reason))
            alert = None
        if finding.state == "firing" and not alert:
            lines.append(line("firing", version, finding.sentence))
        if finding.state == "ok" and alert:
            lines.append(line("resolved", version, finding.sentence))
    return lines


def _line(now: str, check: str, change: Change, version: int, sentence: str) -> Alert:
    return Alert(at=now, check=check, change=change, version=version, sentence=sentence)
