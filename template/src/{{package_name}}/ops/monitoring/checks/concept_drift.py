"""Concept drift: do outcomes still follow the scores, row by row, or has what leads to an outcome changed?

`performance` compares a window as a whole with the release and waits until the loss is worth a retraining. This check
looks for the change itself, in the order of time: it is seen days earlier, and the report says since how many rows.
"""

import polars as pl
from pydantic import Field

from ...settings import Section
from .. import detectors, statistics
from ..findings import Finding, Measure, judge, too_few
from ..outcomes import outcomes
from ..settings import MonitoringSettings
from ..window import Reference, Window

NAME = "concept_drift"


class ConceptDriftSettings(Section, table="concept_drift"):
    """What the detector of sudden changes is tuned to.

    `lost`: the share of what the scores say that is gone after the change. Tuned to one half, it sees a loss of all of
        it nearly as soon as if it were tuned to that, and it still sees the loss of a third.
    """

    lost: float = Field(0.5, gt=0, le=1)


def check(window: Window, reference: Reference) -> Finding:
    """Look for a sudden and for a gradual change in the labelled predictions."""
    return find(outcomes(reference), reference.schema.target)


def find(rows: pl.DataFrame, target: str) -> Finding:
    """Judge labelled predictions in order of time: `score`, and the outcome in column `target`."""
    settings = MonitoringSettings.load()
    if len(rows) < settings.minimum_rows:
        return too_few(NAME, len(rows), settings.minimum_rows, "labelled predictions")
    came, scores = rows[target].cast(pl.Int8).to_numpy(), rows["score"].to_numpy()
    chance = settings.false_alarms / 2  # two measures share it
    change = detectors.sudden(came, scores, ConceptDriftSettings.load().lost)
    trend = detectors.gradual(came, scores)
    return judge(
        NAME,
        [
            Measure(
                subject="sudden change, evidence",
                value=change.evidence,
                limit=detectors.sudden_limit(len(rows), chance),
            ),
            Measure(subject="gradual change, trend", value=max(trend, 0.0), limit=statistics.quantile(chance)),
        ],
        f"On {len(rows):,} labelled predictions, outcomes follow the scores.",
        f"Outcomes no longer follow the scores, since about {change.rows:,} labelled predictions",
        "What leads to an outcome has changed: train again once enough labels of the new rows are there.",
    )
