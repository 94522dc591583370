"""The metrics of the service, for Prometheus."""

import os
from collections.abc import Callable, Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from .loading import Loader

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # set by `serve` when workers share their counts
SECONDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
SCORES = tuple(tenth / 10 for tenth in range(1, 11))
STATUSES = ("200", "413", "422", "500", "503")


class Metrics:
    """Counts and distributions of this service; with several workers, of all of them together."""

    def __init__(self, loader: Loader) -> None:
        self._page = CollectorRegistry()
        self.registry: CollectorRegistry | None = self._page
        if SHARED in os.environ:
            MultiProcessCollector(self._page)  # type: ignore[no-untyped-call]
            self.registry = None
        else:
            ProcessCollector(registry=self._page)
        self._page.register(_State(loader))
        requests = Counter("prediction_requests", "Prediction requests.", ["status"], registry=self.registry)
        # A label is looked up once, here, and not in each request.
        self.count: dict[str, Callable[[], None]] = {status: requests.labels(status).inc for status in STATUSES}
        self.latency = Histogram(
            "prediction_latency_seconds",
            "Seconds from the whole body to the answer.",
            buckets=SECONDS,
            registry=self.registry,
        ).observe
        self.score = Histogram("prediction_score", "Scores given.", buckets=SCORES, registry=self.registry).observe

    def page(self) -> bytes:
        """Return the metrics in Prometheus' text format."""
        return generate_latest(self._page)


class _State(Collector):
    """What is served now, read when it is asked for."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def collect(self) -> Iterable[Metric]:
        version = GaugeMetricFamily("model_version_info", "The model version in service.", labels=["version"])
        loaded = GaugeMetricFamily("model_loaded_timestamp_seconds", "When the model in service was loaded.")
        refused = GaugeMetricFamily("model_refused", "1 while the released model cannot be taken into service.")
        if self._loader.model is not None:
            version.add_metric([str(self._loader.model.version)], 1)
            loaded.add_metric([], self._loader.model.loaded_at)
        refused.add_metric([], 0 if self._loader.refused is None else 1)
        return version, loaded, refused
