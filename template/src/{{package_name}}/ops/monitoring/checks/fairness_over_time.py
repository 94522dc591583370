"""Fairness over time: of those who deserved the favourable decision, does each group still get it as often?

The thresholds are those of the gate: what may not be released may not go on in service.
"""

import math

import polars as pl

from ...checks.fairness import FairnessSettings
from .. import statistics
from ..findings import Finding, Measure, judge, too_few
from ..outcomes import outcomes
from ..settings import MonitoringSettings
from ..window import Reference, Window

NAME = "fairness_over_time"


def check(window: Window, reference: Reference) -> Finding:
    """Compare the rates of the favourable decision among the deserving of each group, on labelled predictions."""
    settings, limits = MonitoringSettings.load(), FairnessSettings.load()
    rows = outcomes(reference)
    if len(rows) < settings.minimum_rows:
        return too_few(NAME, len(rows), settings.minimum_rows, "labelled predictions")
    schema, threshold = reference.schema, reference.model.manifest.threshold
    good = limits.favourable_decision
    decided = (pl.col("score") >= threshold).cast(pl.Int64)
    deserving = rows.filter(pl.col(schema.target) == good).with_columns(favoured=(decided == good).cast(pl.Float64))
    chance = settings.false_alarms / max(len(schema.sensitive), 1)
    measures = [measure for column in schema.sensitive if (measure := _gap(deserving, column.name, limits, chance))]
    return judge(
        NAME,
        measures,
        f"The groups of {len(measures)} sensitive columns are treated alike.",
        "Groups that deserved the favourable decision get it at different rates",
        "Look at the decisions of that group with the owner of the process before any retraining.",
    )


def _gap(rows: pl.DataFrame, name: str, limits: FairnessSettings, chance: float) -> Measure | None:
    """Measure the distance of the highest from the lowest rate, or None when fewer than two groups are large enough.

    The noise is that of the difference of the two groups, for each pair that could have been the furthest.
    """
    groups = (
        rows.drop_nulls(name)
        .group_by(name)
        .agg(rate=pl.col("favoured").mean(), size=pl.len())
        .filter(pl.col("size") >= limits.minimum_group_rows)
        .sort("rate")
    )
    if len(groups) < 2:
        return None
    low, high = groups.row(0, named=True), groups.row(-1, named=True)
    mean = float(rows["favoured"].mean() or 0.0)  # type: ignore[arg-type]
    spread = math.sqrt(max(mean * (1 - mean), 0.0) * (1 / low["size"] + 1 / high["size"]))
    noise = statistics.quantile(chance / math.comb(len(groups), 2) / 2) * spread
    return Measure(
        subject=f"{name}: {high[name]} above {low[name]}",
        value=float(high["rate"] - low["rate"]),
        limit=limits.maximum_opportunity_difference + noise,
    )
