"""The figures of an evaluation, and where they are kept."""

import msgspec
import polars as pl

from . import metrics, storage
from .costs import DecisionSettings
from .errors import ProjectError
from .metrics import Estimate, Scores, Target


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """The candidate on the rows of one category. What needs a class that does not occur is None."""

    column: str
    category: str
    rows: int
    positives: int
    auc: Estimate | None
    recall: Estimate | None
    false_positive_rate: Estimate | None
    mean_score: float


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of an evaluation. `baseline` holds those of the simpler model, at the same threshold."""

    run_id: str
    data_version: str
    rows: int
    positives: int
    first_event: str
    last_event: str
    threshold: float
    metrics: dict[str, float]
    auc: Estimate
    baseline_auc: Estimate
    confusion: dict[str, int]
    calibration: list[tuple[float, float, int]]
    slices: list[Slice]
    importance: list[tuple[str, float]]
    baseline: dict[str, float] = {}


def figures(target: Target, scores: Scores, threshold: float) -> dict[str, float]:
    """Measure scores; from `threshold` on a row is decided 1."""
    counts = metrics.confusion(target, scores, threshold)
    caught, missed = counts["true_positives"], counts["false_negatives"]
    alarms, passed = counts["false_positives"], counts["true_negatives"]
    costs = DecisionSettings.load()
    cost = costs.cost_false_positive * alarms + costs.cost_false_negative * missed
    found = {
        "auc": metrics.auc(target, scores).value,
        "average_precision": metrics.average_precision(target, scores),
        "brier": metrics.brier(target, scores),
        "brier_skill": metrics.brier_skill(target, scores),
        "log_loss": metrics.log_loss(target, scores),
        "calibration_error": metrics.calibration_error(target, scores),
        "precision": caught / max(caught + alarms, 1),
        "recall": caught / max(caught + missed, 1),
        "false_positive_rate": alarms / max(alarms + passed, 1),
        "cost_per_row": cost / len(target),
    }
    return {name: round(float(value), 6) for name, value in found.items()}


def url(name: str) -> str:
    """Return where a file of the evaluation is kept."""
    return storage.url("evaluation", name)


def write(evaluation: Evaluation, scored: pl.DataFrame) -> None:
    """Write the figures and the scored rows."""
    storage.write_table(url("scores.parquet"), scored)
    storage.write_json(url("metrics.json"), evaluation)


def read(run_id: str) -> Evaluation:
    """Read the figures of a run. Raises ProjectError when the evaluation is missing or of another run."""
    found = storage.read_json(url("metrics.json"), Evaluation)
    if found.run_id != run_id:
        raise ProjectError(
            f"The evaluation is of run {found.run_id}, the candidate of run {run_id}: evaluate it first."
        )
    return found
