"""Business: a figure of your own over labelled predictions, such as what decisions cost, against that at release."""

import math
from typing import Literal

import numpy as np
import polars as pl
from pydantic import Field

from ...settings import Section
from .. import statistics
from ..figure import at_release, complete, figure
from ..findings import Finding, Measure, judge, too_few
from ..outcomes import outcomes
from ..settings import MonitoringSettings
from ..window import Reference, Window

NAME = "business"
DRAWS = 200  # of the bootstrap: the noise is known to about 5% (Efron and Tibshirani, 1993)


class BusinessSettings(Section, table="business"):
    """The figure that the model is there for.

    `expression`: SQL over labelled predictions that gives one number, such as `AVG(loan_amount * decision * target)`.
        Columns are `score`, `decision`, `target`, every feature and every sensitive column. A mean or a ratio, not a
        sum, as it is compared over different numbers of rows. Empty: what decisions cost per row, by [decision].
    `better`: whether `low` or `high` values are good.
    `tolerance`: how much worse than at release is an alert, as a share of the figure at release. A tenth is about what
        one month of usual customers differs from the next.
    """

    expression: str = ""
    better: Literal["low", "high"] = "low"
    tolerance: float = Field(0.1, ge=0)


def check(window: Window, reference: Reference) -> Finding:
    """Compare the figure on labelled predictions with that at release. Raises ProjectError for a bad expression."""
    expression = BusinessSettings.load().expression
    rows = complete(outcomes(reference), expression, reference)
    return find(rows, at_release(expression, reference), reference)


def find(rows: pl.DataFrame, before: float | None, reference: Reference) -> Finding:
    """Judge labelled predictions by the figure that was `before`; None says that nobody knows it."""
    settings, needed = BusinessSettings.load(), MonitoringSettings.load().minimum_rows
    threshold = reference.model.manifest.threshold
    now = figure(rows, settings.expression, threshold)
    if len(rows) < needed or now is None:
        return too_few(NAME, len(rows), needed, "labelled predictions")
    if before is None:
        return Finding(
            check=NAME,
            state="unknown",
            sentence=f"The figure is {now:.4g} now, and that at release is not known for this expression.",
            advice="It is measured when a model is evaluated: wait for the next release.",
        )
    worse = now - before if settings.better == "low" else before - now
    limit = max(settings.tolerance * abs(before), _noise(rows, settings.expression, threshold, reference.profile.rows))
    return judge(
        NAME,
        [Measure(subject="worse than at release by", value=max(worse, 0.0), limit=limit)],
        f"On {len(rows):,} labelled predictions the figure is {now:.4g}; it was {before:.4g} at release.",
        f"The figure was {before:.4g} at release and is {now:.4g} on {len(rows):,} labelled predictions",
        "Look which decisions it comes from, with their owner: the model, the threshold or the prices have changed.",
    )


def _noise(rows: pl.DataFrame, expression: str, threshold: float, rows_then: int) -> float:
    """What the figure may differ by chance alone: its spread over samples of the rows, here and at release."""
    drawn = (
        figure(rows.sample(len(rows), with_replacement=True, seed=seed), expression, threshold) for seed in range(DRAWS)
    )
    spread = float(np.std([value for value in drawn if value is not None]))
    both = math.sqrt(1 + len(rows) / max(rows_then, 1))
    return statistics.quantile(MonitoringSettings.load().false_alarms) * spread * both
