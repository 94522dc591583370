"""The findings for Prometheus: `monitoring/metrics.prom`, in its text format."""

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from ... import storage
from ..findings import Finding
from ..window import Reference, Window

LIVE = True


def write(findings: list[Finding], window: Window, reference: Reference) -> str:
    """Write metrics.prom."""
    url = storage.url("monitoring", "metrics.prom")
    storage.write_bytes(url, render(findings, window, reference))
    return url


def render(findings: list[Finding], window: Window, reference: Reference) -> bytes:
    """Return the findings in Prometheus' text format.

    A check without enough evidence has no `monitoring_check_firing`: 0 would be an all-clear that nobody gave.
    """
    registry = CollectorRegistry()

    def gauge(name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=registry)

    firing = gauge("monitoring_check_firing", "1 while a check fires, 0 while it is quiet.", "check")
    enough = gauge("monitoring_check_evidence", "1 while a check has enough rows to judge by.", "check")
    value = gauge("monitoring_check_value", "What a check measured.", "check", "subject")
    limit = gauge("monitoring_check_limit", "Above this a check fires.", "check", "subject")
    gauge("monitoring_window_rows", "Rows that the checks looked at.").set(len(window))
    gauge("monitoring_model_version", "The released model.").set(reference.version)
    gauge("monitoring_last_success_timestamp_seconds", "Last look.").set_to_current_time()
    for finding in findings:
        enough.labels(finding.check).set(finding.state != "unknown")
        if finding.state != "unknown":
            firing.labels(finding.check).set(finding.state == "firing")
        for measure in finding.measures:
            value.labels(finding.check, measure.subject).set(measure.value)
            limit.labels(finding.check, measure.subject).set(measure.limit)
    return generate_latest(registry)
