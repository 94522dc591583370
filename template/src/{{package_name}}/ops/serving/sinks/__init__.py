"""Where predictions go besides the answer: each module here gives `open_sink(service) -> Sink`."""

import importlib
import pkgutil
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import CollectorRegistry


@dataclass(frozen=True)
class Service:
    """What a sink may know: the stage, and where metrics register (None: shared by workers)."""

    stage: str
    registry: CollectorRegistry | None


class Sink(Protocol):
    """Takes every prediction, on the event loop: it returns in microseconds and never raises."""

    def write(
        self,
        name: str,
        key: str | int | None,
        at: float,
        model: int,
        score: float,
        row: bytes,
        *,
        ms: float,
        role: str = "champion",
        cpu_ms: float | None = None,
    ) -> None:
        """Take a prediction: id, the row's identifier, time, version, score, the rest of the row in JSON on one line.

        `ms` is how long it took from the whole body on, and `cpu_ms` the CPU time of scoring, where it was measured,
        both in milliseconds. `role` says whose score it is: that of the `champion`, of a `challenger` that answers a
        share of the requests, or of a `shadow`, which nobody was told.
        """

    def close(self) -> None:
        """Finish all that was taken. Called once, after the last prediction."""


def open_sinks(service: Service) -> tuple[Sink, ...]:
    """Open the sink of each module in this folder."""
    return tuple(
        importlib.import_module(f"{__name__}.{module.name}").open_sink(service)
        for module in pkgutil.iter_modules(__path__)
    )
