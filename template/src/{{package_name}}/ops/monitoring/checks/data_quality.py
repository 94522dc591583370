"""Data quality: columns that are gone, values that the schema forbids, and more missing values than usual."""

import polars as pl

from ...columns import Categorical, Column, Numeric
from ...profile import ColumnProfile
from .. import statistics
from ..findings import Finding, Measure, judge, too_few
from ..settings import MonitoringSettings
from ..window import Reference, Window

NAME = "data_quality"


def check(window: Window, reference: Reference) -> Finding:
    """Measure for each column the share of invalid values and of missing values beyond the reference."""
    settings = MonitoringSettings.load()
    if len(window) < settings.minimum_rows:
        return too_few(NAME, len(window), settings.minimum_rows)
    profiles = {column.name: column for column in reference.profile.features}
    chance = settings.false_alarms / len(reference.schema.features)
    measures: list[Measure] = []
    for column in reference.schema.features:
        invalid = invalid_share(window.frame, column)
        measures.append(Measure(subject=f"{column.name}: invalid", value=invalid, limit=settings.invalid_share))
        measures.append(_missing(window, profiles[column.name], reference.profile.rows, chance, settings))
    return judge(
        NAME,
        measures,
        f"All {len(reference.schema.features)} columns hold what the schema allows, and no more gaps than usual.",
        "Values are broken or missing in",
        "Find the system that writes the column; do not retrain on broken data.",
    )


def invalid_share(frame: pl.DataFrame, column: Column) -> float:
    """Share of the values of a column that its type, range or categories forbid; 1 when the column is gone."""
    if column.name not in frame.columns:
        return 1.0
    values = frame[column.name]
    if isinstance(column, Categorical):
        known = pl.Series(values=list(column.categories), dtype=pl.String)
        bad = values.is_not_null() & ~values.cast(pl.String, strict=False).is_in(known.implode())
    else:
        bad = _bad_number(values, column)
    if not column.nullable:
        bad = bad | values.is_null()
    return float(bad.sum()) / max(len(values), 1)


def _bad_number(values: pl.Series, column: Numeric) -> pl.Series:
    number = values.cast(pl.Float64, strict=False)
    bad = values.is_not_null() & ~number.is_finite().fill_null(value=False)
    if column.minimum is not None:
        bad = bad | (number < column.minimum).fill_null(value=False)
    if column.maximum is not None:
        bad = bad | (number > column.maximum).fill_null(value=False)
    if column.integer:
        bad = bad | (number != number.round(0)).fill_null(value=False)
    return bad


def _missing(window: Window, column: ColumnProfile, rows: int, chance: float, settings: MonitoringSettings) -> Measure:
    before = column.shares[-1]
    now = window.features[column.name].null_count() / len(window)
    noise = statistics.share_noise(before, len(window), rows, chance)
    limit = before + max(settings.missing_increase, noise)
    return Measure(subject=f"{column.name}: missing", value=now, limit=limit)
