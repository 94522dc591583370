"""Fairness over time: do the groups of each sensitive column still get decisions at similar rates?"""

import math

import polars as pl

from ...settings import Section
from .. import statistics
from ..findings import Finding, Measure, judge, too_few
from ..labels import labelled
from ..settings import MonitoringSettings
from ..window import Reference, Window

NAME = "fairness_over_time"


class FairnessSettings(Section, table="fairness_over_time"):
    """How far groups may be apart.

    `gap`: largest distance between two groups in the share of people who did not have the outcome and were decided
    against all the same. It is measured among equals in outcome, so groups may differ in risk without an alert.
    `group_rows`: smaller groups are left out: one person more or less would be an alert.
    """

    gap: float = 0.15
    group_rows: int = 100


def check(window: Window, reference: Reference) -> Finding:
    """Compare the false positive rates of the groups, on labelled predictions."""
    settings, limits = MonitoringSettings.load(), FairnessSettings.load()
    rows = labelled(reference)
    if len(rows) < settings.minimum_rows:
        return too_few(NAME, len(rows), settings.minimum_rows, "labelled predictions")
    schema, threshold = reference.schema, reference.model.manifest.threshold
    negative = rows.filter(pl.col(schema.target) == 0).with_columns(
        decided=(pl.col("score") >= threshold).cast(pl.Float64)
    )
    chance = settings.false_alarms / max(len(schema.sensitive), 1)
    measures = [
        measure
        for column in schema.sensitive
        if (measure := _gap(negative, column.name, limits, chance))
    ]
    return judge(
        NAME,
        measures,
        f"The groups of {len(measures)} sensitive columns are treated alike.",
        "Groups are treated differently (gap of false positive rates)",
        "Look at the decisions of that group with the owner of the process before any retraining.",
    )


def _gap(rows: pl.DataFrame, name: str, limits: FairnessSettings, chance: float) -> Measure | None:
    """Measure the distance of the highest from the lowest rate, or None when fewer than two groups are large enough.

    The noise is that of the difference of the two groups, for each pair of groups that could have been the furthest.
    """
    groups = (
        rows.drop_nulls(name)
        .group_by(name)
        .agg(rate=pl.col("decided").mean(), size=pl.len())
        .filter(pl.col("size") >= limits.group_rows)
        .sort("rate")
    )
    if len(groups) < 2:
        return None
    low, high = groups.row(0, named=True), groups.row(-1, named=True)
    mean = float(rows["decided"].mean() or 0.0)  # type: ignore[arg-type]
    spread = math.sqrt(max(mean * (1 - mean), 0.0) * (1 / low["size"] + 1 / high["size"]))
    noise = statistics.quantile(chance / math.comb(len(groups), 2) / 2) * spread
    return Measure(
        subject=f"{name}: {high[name]} above {low[name]}",
        value=float(high["rate"] - low["rate"]),
        limit=max(limits.gap, noise),
    )
