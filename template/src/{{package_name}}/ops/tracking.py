"""Keeps what each step was given and what came out of it."""

import time
import traceback
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Protocol, cast

import msgspec

from . import lineage, plugins, storage

Parameter = str | int | float | bool


class Run(Protocol):
    """A run that is being recorded."""

    run_id: str

    def parameters(self, values: Mapping[str, Parameter]) -> None:
        """Record what the step was given."""

    def metrics(self, values: Mapping[str, float]) -> None:
        """Record figures that came out."""

    def artifact(self, url: str) -> None:
        """Record a file that came out."""


class Tracker(Protocol):
    """What every tracker does."""

    def run(self, step: str, run_id: str | None = None) -> AbstractContextManager[Run]:
        """Record a step as a run of its own, or as a part of the run `run_id` where the tracker knows it."""

    def steps(self, run_id: str) -> "list[Step]":
        """Return what was recorded of a run, oldest first; nothing when the tracker does not know it."""


def open_tracker() -> Tracker:
    """Return the tracker that a component brings, or else the one that writes files."""
    factory = plugins.find("tracker")
    return cast(Tracker, factory()) if factory else FileTracker(storage.url("runs"))


class Step(msgspec.Struct, kw_only=True):
    """One step of a run."""

    step: str
    started_at: str
    commit: str
    status: str = "running"
    seconds: float = 0.0
    parameters: dict[str, Parameter] = {}
    metrics: dict[str, float] = {}
    artifacts: list[str] = []


class FileRun:
    """A step that is being recorded in a file."""

    def __init__(self, run_id: str, step: Step) -> None:
        self.run_id = run_id
        self.step = step

    def parameters(self, values: Mapping[str, Parameter]) -> None:
        """Record what the step was given."""
        self.step.parameters |= values

    def metrics(self, values: Mapping[str, float]) -> None:
        """Record figures that came out."""
        self.step.metrics |= values

    def artifact(self, url: str) -> None:
        """Record a file that came out."""
        self.step.artifacts.append(url)


class FileTracker:
    """Writes one JSON file a run, `<run id>.json`, with a list of its steps."""

    def __init__(self, root: str) -> None:
        self.root = root

    def steps(self, run_id: str) -> list[Step]:
        """Return what was recorded of a run, oldest first; nothing when there is no such run."""
        path = f"{self.root}/{run_id}.json"
        return storage.read_json(path, list[Step]) if storage.exists(path) else []

    @contextmanager
    def run(self, step: str, run_id: str | None = None) -> Iterator[FileRun]:
        """Record a step as a run of its own, or as a part of the run `run_id`."""
        now = datetime.now(UTC)
        run_id = run_id or f"{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
        path = f"{self.root}/{run_id}.json"
        started = time.perf_counter()
        record = Step(step=step, started_at=now.isoformat(timespec="seconds"), commit=lineage.commit())
        try:
            yield FileRun(run_id, record)
            record.status = "finished"
        except BaseException as error:
            record.status = f"failed: {traceback.format_exception_only(error)[-1].strip()}"
            raise
        finally:
            record.seconds = round(time.perf_counter() - started, 3)
            storage.write_json(path, [*self.steps(run_id), record])
