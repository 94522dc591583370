"""What a check of the gate is given and gives back. Each other module of this package is one check.

A check is a function `check(case) -> list[Result]`. One result that did not pass closes the gate, and so does a
check that gives none.
"""

from typing import Any

import msgspec
import numpy as np
import polars as pl

from ..bundle import Bundle
from ..metrics import Scores, Target
from ..settings import Section


class GateSettings(Section, table="gate"):
    """Thresholds of the gate; docs/gate.md says how each is used and why it has this value."""

    confidence: float = 0.95
    margin: float = 0.01
    slice_margin: float = 0.02
    minimum_auc: float = 0.65
    minimum_brier_skill: float = 0.0
    baseline_gain: float = 0.0
    minimum_cases: int = 20


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison: the value, what it was held against, a sentence that says what it means, and what can be done."""

    check: str
    subject: str
    value: float
    threshold: float
    passed: bool
    sentence: str
    details: dict[str, Any] = {}
    advice: list[str] = []


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Both models' scores on the same test rows. `champion` is None on the first run, when there is none.

    `candidate` is the challenger itself, for a check that asks it for more than its scores.
    """

    rows: pl.DataFrame
    target: Target
    challenger: Scores
    baseline: Scores
    champion: Scores | None
    threshold: float
    slices: tuple[str, ...]
    sensitive: tuple[str, ...]
    settings: GateSettings
    candidate: Bundle | None = None

    def parts(self, column: str) -> list[tuple[str, "np.ndarray[Any, np.dtype[np.bool_]]"]]:
        """Return each category of a column and the rows that hold it; missing values are a category."""
        values = self.rows[column].cast(pl.String).fill_null("missing").to_numpy()
        return [(str(category), values == category) for category in np.unique(values)]
