"""Numeric stability: are the scores numbers, with room on both sides, and not all the same?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ... import bundle
from ...profile import NumericProfile
from ...settings import Section
from .. import statistics
from ..findings import Finding, Measure, judge, too_few
from ..settings import MonitoringSettings
from ..window import Reference, Rows, Window

EDGE = 1e-6  # nearer to 0 or 1 a float32 cannot tell likely from certain
KEPT = 10_000  # different scores that are counted: the most frequent ones of what was read so far


class NumericStabilitySettings(Section, table="numeric_stability"):
    """From when on scores are of no use.

    `broken`: share of scores that are no number. There should be none; one row with a strange value is for the service
        to refuse, one in a thousand is a model that cannot stand usual values.
    `saturated`: share of scores at 0 or 1 beyond that at release. They are overconfident: a sum has grown too large.
    `equal`: share of the most frequent score. A model that gives every second row the same score has lost its features.
    """

    broken: float = Field(0.001, ge=0)
    saturated: float = Field(0.01, ge=0)
    equal: float = Field(0.5, gt=0)


@dataclass(frozen=True)
class Scores:
    """How many scores there are, how many are numbers, how many of these at 0 or 1, and how often each value occurs."""

    rows: int
    numbers: int
    edges: int
    values: NDArray[np.float32]
    times: NDArray[np.int64]

    def __add__(self, other: "Scores") -> "Scores":
        values, place = np.unique(np.append(self.values, other.values), return_inverse=True)
        times = np.bincount(place, np.append(self.times, other.times), minlength=len(values)).astype(np.int64)
        often = np.argsort(-times, kind="stable")[:KEPT]  # a score that matters is among them long before the last row
        return Scores(
            self.rows + other.rows,
            self.numbers + other.numbers,
            self.edges + other.edges,
            values[often],
            times[often],
        )


def scores(rows: Rows) -> Scores:
    """Count the scores; rows that no service scored are scored here."""
    numbers = rows.scores[np.isfinite(rows.scores)]
    edges = int(np.count_nonzero((numbers <= EDGE) | (numbers >= 1 - EDGE)))
    return Scores(len(rows), len(numbers), edges, *np.unique(numbers, return_counts=True))


NAME = "numeric_stability"
COUNTS = (scores,)


def check(window: Window, reference: Reference) -> Finding:
    """Measure the scores of the window, and the difference between the trained model and its export."""
    settings, needed = NumericStabilitySettings.load(), MonitoringSettings.load().minimum_rows
    if len(window) < needed:
        return too_few(NAME, len(window), needed)
    counted = window.counts(scores, reference)
    return judge(
        NAME,
        [
            Measure(
                subject="scores that are no number", value=1 - counted.numbers / counted.rows, limit=settings.broken
            ),
            _saturated(counted, reference, settings),
            _equal(counted, reference, settings),
            Measure(
                subject="export against the trained model",
                value=reference.model.manifest.parity,
                limit=bundle.TOLERANCE,
            ),
        ],
        f"{counted.rows:,} scores are numbers between 0 and 1, and differ.",
        "The scores are of no use",
        "Roll back; then look for features with extreme or missing values, and for the change in the model's code.",
    )


def _saturated(counted: Scores, reference: Reference, settings: NumericStabilitySettings) -> Measure:
    before = _at_the_edges(reference.profile.score)
    now = counted.edges / max(counted.numbers, 1)
    limit = before + max(settings.saturated, _noise(before, counted.numbers, reference))
    return Measure(subject="scores at 0 or 1", value=now, limit=limit)


def _equal(counted: Scores, reference: Reference, settings: NumericStabilitySettings) -> Measure:
    before = max(reference.profile.score.shares[:-1])  # scores that are equal lie in one bin
    now = int(counted.times.max(initial=0)) / max(counted.numbers, 1)
    limit = max(settings.equal, before + _noise(before, counted.numbers, reference))
    return Measure(subject="scores that are all equal", value=now, limit=limit)


def _at_the_edges(column: NumericProfile) -> float:
    """Largest share of scores that can have been at 0 or 1 at release: the bins that reach there."""
    edges, shares = np.asarray(column.edges), np.asarray(column.shares[:-1])
    lower, upper = np.append(-np.inf, edges), np.append(edges, np.inf)
    reach = (upper <= EDGE) | (lower >= 1 - EDGE) | ((upper >= 1 - EDGE) & np.isfinite(upper))
    return float(shares[reach].sum())


def _noise(share: float, rows: int, reference: Reference) -> float:
    chance = MonitoringSettings.load().false_alarms / 2  # two measures share it
    return statistics.share_noise(share, max(rows, 1), reference.profile.rows, chance)
