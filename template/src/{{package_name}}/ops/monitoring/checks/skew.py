"""Skew between training and serving: the logged input, scored again by the bundle, must give the logged score.

The service encodes and scores by a path of its own, made for one row. A difference means that it runs other code,
another model or other libraries than those that were evaluated.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from ... import bundle
from ...columns import Categorical, Column
from ...settings import Section
from ..findings import Finding, Measure, judge, too_few
from ..window import Reference, Rows, Window

NAME = "skew"


class SkewSettings(Section, table="skew"):
    """How far a logged score may be from the model's own.

    `rows`: so many rows, spread over the window, are scored again; a difference in the code shows in nearly all rows.
    `tolerance`: of a score. The same as when a model is packaged and loaded: processors differ by a hundredth of it.
    `outside`: share of rows whose values have no place in the encoding. The service refuses such rows, so there should
        be none; the one in a thousand leaves room for a line of the log that was damaged.
    """

    rows: int = Field(1_000, gt=0)
    tolerance: float = bundle.TOLERANCE
    outside: float = 0.001


def check(window: Window, reference: Reference) -> Finding:
    """Score a sample of the window again, and compare."""
    settings = SkewSettings.load()
    if not window.scored or not len(window):
        return too_few(NAME, 0, 1, "rows that the service scored")
    sample = window.take(np.arange(0, len(window), max(1, len(window) // settings.rows)), reference)
    apart = _difference(sample.scores, reference.model.score(sample.matrix))
    return judge(
        NAME,
        [
            Measure(subject="largest difference of a score", value=apart, limit=settings.tolerance),
            Measure(subject="rows outside of the encoding", value=_outside(sample), limit=settings.outside),
        ],
        f"{len(sample):,} logged rows, scored again, have the scores that the service gave.",
        "The service scores otherwise than the model that was released",
        "Compare the commit and the libraries of /version with the model's manifest; until they agree, roll back.",
    )


def _difference(logged: NDArray[np.float32], again: NDArray[np.float32]) -> float:
    """Largest difference; a score that is a number on one side only differs by 1, the most that two scores can."""
    here, there = np.isfinite(logged), np.isfinite(again)
    apart = np.abs(np.where(here & there, logged - again, 0.0))
    return float(np.max(np.where(here == there, apart, 1.0)))


def _outside(sample: Rows) -> float:
    columns = sample.reference.schema.features
    lost = sample.features.select(pl.any_horizontal(_lost(column) for column in columns)).to_series()
    return float(lost.sum()) / len(sample)


def _lost(column: Column) -> pl.Expr:
    value = pl.col(column.name)
    missing = pl.lit(value=False) if column.nullable else value.is_null()
    if isinstance(column, Categorical):
        return missing | (value.is_not_null() & ~value.is_in(column.categories))
    return missing
