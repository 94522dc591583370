"""Data quality: columns that are gone, values that the schema forbids, and more missing values than usual."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...columns import Categorical, Column, Numeric
from .. import statistics
from ..findings import Finding, Measure, judge, too_few
from ..settings import MonitoringSettings
from ..window import Reference, Rows, Window


@dataclass(frozen=True)
class Quality:
    """Rows with a value that the schema forbids, and rows without one, for each column of the schema."""

    invalid: NDArray[np.int64]
    missing: NDArray[np.int64]

    def __add__(self, other: "Quality") -> "Quality":
        return Quality(self.invalid + other.invalid, self.missing + other.missing)


def quality(rows: Rows) -> Quality:
    """Count what is broken and what is missing."""
    columns = rows.reference.schema.features
    present = [column for column in columns if column.name in rows.frame.columns]
    bad = rows.frame.select(_bad(column).sum().alias(column.name) for column in present).row(0) if present else ()
    invalid = {column.name: count for column, count in zip(present, bad, strict=True)}
    return Quality(
        np.array([invalid.get(column.name, len(rows)) for column in columns], np.int64),
        np.array(rows.features.null_count().row(0), np.int64),
    )


NAME = "data_quality"
COUNTS = (quality,)


def check(window: Window, reference: Reference) -> Finding:
    """Measure for each column the share of invalid values and of missing values beyond the reference."""
    settings = MonitoringSettings.load()
    if len(window) < settings.minimum_rows:
        return too_few(NAME, len(window), settings.minimum_rows)
    profiles = {column.name: column for column in reference.profile.features}
    columns, counted = reference.schema.features, window.counts(quality, reference)
    chance = settings.false_alarms / len(columns)
    measures: list[Measure] = []
    for column, invalid, missing in zip(columns, counted.invalid, counted.missing, strict=True):
        share = int(invalid) / len(window)
        measures.append(Measure(subject=f"{column.name}: invalid", value=share, limit=settings.invalid_share))
        before = profiles[column.name].shares[-1]
        noise = statistics.share_noise(before, len(window), reference.profile.rows, chance)
        limit = before + max(settings.missing_increase, noise)
        measures.append(Measure(subject=f"{column.name}: missing", value=int(missing) / len(window), limit=limit))
    return judge(
        NAME,
        measures,
        f"All {len(columns)} columns hold what the schema allows, and no more gaps than usual.",
        "Values are broken or missing in",
        "Find the system that writes the column; do not retrain on broken data.",
    )


def _bad(column: Column) -> pl.Expr:
    """Whether a value is one that the type, range or categories of its column forbid."""
    value = pl.col(column.name)
    if isinstance(column, Categorical):
        known = pl.lit(pl.Series(values=list(column.categories), dtype=pl.String).implode())
        bad = value.is_not_null() & ~value.cast(pl.String, strict=False).is_in(known)
    else:
        bad = _bad_number(value, column)
    return bad if column.nullable else bad | value.is_null()


def _bad_number(value: pl.Expr, column: Numeric) -> pl.Expr:
    number = value.cast(pl.Float64, strict=False)
    bad = value.is_not_null() & ~number.is_finite().fill_null(value=False)
    if column.minimum is not None:
        bad = bad | (number < column.minimum).fill_null(value=False)
    if column.maximum is not None:
        bad = bad | (number > column.maximum).fill_null(value=False)
    if column.integer:
        bad = bad | (number != number.round(0)).fill_null(value=False)
    return bad
