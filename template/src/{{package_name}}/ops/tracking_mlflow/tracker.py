"""Records steps as MLflow runs: one for a model, from training to registration, and one for each other step."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from .. import lineage, storage
from ..tracking import Parameter, Step
from .connection import experiment, speaking


class MlflowRun:
    """A step that is being recorded in MLflow."""

    def __init__(self, run_id: str, step: str) -> None:
        self.run_id = run_id
        self._step = step

    def parameters(self, values: Mapping[str, Parameter]) -> None:
        """Record what the step was given."""
        with speaking() as mlflow:
            for name, value in values.items():
                mlflow.log_param(self.run_id, name, value)

    def metrics(self, values: Mapping[str, float]) -> None:
        """Record figures that came out."""
        with speaking() as mlflow:
            for name, value in values.items():
                mlflow.log_metric(self.run_id, name, value)

    def artifact(self, url: str) -> None:
        """Record a file that came out, in the folder of the step."""
        with speaking() as mlflow:
            if "://" not in url:
                mlflow.log_artifact(self.run_id, url, self._step)
            else:
                content = storage.read_bytes(url)
                mlflow.log_text(self.run_id, content.decode(), f"{self._step}/{Path(url).name}")


class MlflowTracker:
    """Writes runs to MLflow."""

    def steps(self, run_id: str) -> list[Step]:
        """Return what was recorded of a run, as one step; nothing when MLflow does not know it."""
        with speaking() as mlflow:
            if not exists(mlflow, run_id):
                return []
            run = mlflow.get_run(run_id)
            artifacts = [file.path for file in mlflow.list_artifacts(run_id)]
        started = datetime.fromtimestamp(run.info.start_time / 1_000, UTC)
        return [
            Step(
                step=run.data.tags.get("step", run.info.run_name),
                started_at=started.isoformat(timespec="seconds"),
                commit=run.data.tags.get("commit", ""),
                status=run.info.status.lower(),
                seconds=((run.info.end_time or run.info.start_time) - run.info.start_time) / 1_000,
                parameters=dict(run.data.params),
                metrics=dict(run.data.metrics),
                artifacts=artifacts,
            )
        ]

    @contextmanager
    def run(self, step: str, run_id: str | None = None) -> Iterator[MlflowRun]:
        """Record a step as a run of its own, or as a part of the run `run_id` where MLflow knows it."""
        started = time.perf_counter()
        with speaking() as mlflow:
            known = run_id if run_id and exists(mlflow, run_id) else _create(mlflow, step)
            mlflow.set_tag(known, "commit", lineage.commit())
        status = "FAILED"
        try:
            yield MlflowRun(known, step)
            status = "FINISHED"
        finally:
            with speaking() as mlflow:
                seconds = round(time.perf_counter() - started, 3)
                mlflow.log_metric(known, f"seconds_{step}", seconds)
                mlflow.set_tag(known, f"step.{step}", status.lower())
                mlflow.set_terminated(known, status)


def _create(mlflow: MlflowClient, step: str) -> str:
    run = mlflow.create_run(experiment(mlflow), run_name=step, tags={"step": step})
    return str(run.info.run_id)


def exists(mlflow: MlflowClient, run_id: str) -> bool:
    """Say whether MLflow knows a run."""
    try:
        mlflow.get_run(run_id)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return False  # the model came from a cache or another machine
        raise
    return True
