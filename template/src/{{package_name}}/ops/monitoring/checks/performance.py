"""Performance on late labels: does the model still rank, and still promise, as it did when it was released?"""

import numpy as np
import polars as pl

from ... import metrics
from ...settings import Section
from .. import statistics
from ..findings import Finding, Measure, judge, too_few
from ..outcomes import outcomes
from ..settings import MonitoringSettings
from ..window import Reference, Window

NAME = "performance"


class PerformanceSettings(Section, table="performance"):
    """How much worse the model may get before it is an alert.

    `auc_drop`: a loss that costs more than a retraining; smaller ones come and go with who happens to apply.
    `calibration_gap`: distance of the mean score from the share that came true. Decisions are made by a threshold
        on the score, so a risk that is five points off decides wrongly even where the order is right.
    """

    auc_drop: float = 0.04
    calibration_gap: float = 0.05


def check(window: Window, reference: Reference) -> Finding:
    """Compare AUC and mean score of labelled predictions with what was measured before the release."""
    settings = MonitoringSettings.load()
    rows = outcomes(reference)
    target = rows[reference.schema.target].cast(pl.Int8).to_numpy()
    if len(rows) < settings.minimum_rows or len(np.unique(target)) < 2:
        return too_few(NAME, len(rows), settings.minimum_rows, "labelled predictions")
    chance = settings.false_alarms / 2  # two measures share it
    scores = rows["score"].to_numpy()
    now = metrics.auc(target, scores, 1 - 2 * chance)
    before = reference.model.manifest.metrics["auc"]
    return judge(
        NAME,
        [_auc(before, now), _calibration(target, scores, chance)],
        f"On {len(rows):,} labelled predictions the AUC is {now.value:.3f}; it was {before:.3f} before the release.",
        f"The model got worse on {len(rows):,} labelled predictions, AUC {before:.3f} then and {now.value:.3f} now",
        "What is to be predicted has changed: train again with the newest labels.",
    )


def _auc(before: float, now: metrics.Estimate) -> Measure:
    limit = max(PerformanceSettings.load().auc_drop, now.high - now.value)
    return Measure(subject="AUC lost", value=before - now.value, limit=limit)


def _calibration(target: metrics.Target, scores: metrics.Scores, chance: float) -> Measure:
    gap = abs(float(target.mean()) - float(scores.mean()))
    spread = float(np.sqrt(np.sum(scores * (1 - scores)))) / len(scores)
    noise = statistics.quantile(chance / 2) * spread  # a gap may be on either side
    limit = max(PerformanceSettings.load().calibration_gap, noise)
    return Measure(subject="mean score against outcome", value=gap, limit=limit)
