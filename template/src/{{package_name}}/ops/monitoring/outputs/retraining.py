"""How retraining by alert goes, for Prometheus, also where no webhook runs: `monitoring/retraining.prom`."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ... import decisions, storage, trigger
from ...decisions import Outcome
from ...trigger import TriggerSettings
from ..findings import Finding
from ..window import Reference, Window

LIVE = True
OUTCOMES = [outcome for outcome in get_args(Outcome) if outcome not in ("", "started")]


def write(findings: list[Finding], window: Window, reference: Reference) -> str:
    """Write retraining.prom."""
    url = storage.url("monitoring", "retraining.prom")
    storage.write_bytes(url, render())
    return url


def render(answers: Mapping[str, int] | None = None) -> bytes:
    """Return the record of decisions in Prometheus' text format, and the `answers` of the webhook, by status."""
    registry = CollectorRegistry()
    registry.register(_Record(answers or {}))
    return generate_latest(registry)


class _Record(Collector):
    def __init__(self, answers: Mapping[str, int]) -> None:
        self.answers = answers

    def collect(self) -> Iterable[Metric]:
        settings, past = TriggerSettings.load(), decisions.record()
        runs = trigger.runs(settings, decisions.now())
        is_open = decisions.losses(runs) >= settings.attempts
        yield GaugeMetricFamily("retraining_circuit_open", "1 while a person must look.", value=is_open)
        running = sum(run.outcome == "started" for run in runs)
        yield GaugeMetricFamily("retraining_running", "1 while a retraining by alert runs.", value=running)
        outcomes = CounterMetricFamily("retraining_runs", "Retrainings by alert, by their outcome.", labels=["outcome"])
        for outcome in OUTCOMES:
            outcomes.add_metric([outcome], sum(run.outcome == outcome for run in runs))
        yield outcomes
        if past:
            last = datetime.fromisoformat(past[-1].at).timestamp()
            yield GaugeMetricFamily("retraining_last_decision_timestamp_seconds", "Last new decision.", value=last)
        if self.answers:
            posts = CounterMetricFamily("retraining_webhook_posts", "Posts by the status given.", labels=["status"])
            for status, count in sorted(self.answers.items()):
                posts.add_metric([status], count)
            yield posts
