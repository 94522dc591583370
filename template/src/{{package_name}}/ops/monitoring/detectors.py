"""Detectors of change in a stream of scores and outcomes: one for a sudden change, one for a gradual one.

Both hold each outcome against what its score promised. Other people with other risks change neither, as long as the
scores are right about them: what is seen is a change of what leads to an outcome.
"""

import math
from typing import NamedTuple

import numpy as np

from ..metrics import Scores, Target

NEAR = 1e-3  # a score nearer to 0 or 1 counts as this near, or a single outcome would decide


class Change(NamedTuple):
    """How much speaks for a change, in nats, and how many of the newest rows came after it."""

    evidence: float
    rows: int


def sudden(target: Target, scores: Scores, lost: float) -> Change:
    """Look for a row from which on the scores have lost this share of what they say.

    Page's CUSUM (Biometrika 41, 1954) of log likelihood ratios: how likely is each outcome by a score that is moved
    towards the mean score by `lost`, and how likely by the score itself?
    """
    kept = np.clip(scores, NEAR, 1 - NEAR)
    moved = (1 - lost) * kept + lost * kept.mean()
    ratios = np.where(target == 1, np.log(moved / kept), np.log((1 - moved) / (1 - kept)))
    sums = np.append(0.0, np.cumsum(ratios))
    rises = sums - np.minimum.accumulate(sums)
    top = int(rises.argmax())
    return Change(float(rises[top]), len(scores) - int(sums[: top + 1].argmin()))


def sudden_limit(rows: int, chance: float) -> float:
    """The evidence that `sudden` passes with a probability of at most `chance` while the scores hold.

    The likelihood ratio from a given row on is a martingale with mean 1, so it ever reaches 1 / p with probability p at
    most (Ville, 1939), however rare the outcome is; there are `rows` rows to begin from.
    """
    return math.log(rows / chance)


def gradual(target: Target, scores: Scores) -> float:
    """Trend of the loss over the rows, in standard deviations; above zero the model gets worse.

    The loss is the squared error beyond that which a right score has, s (1 - s): with right scores it has mean 0 and a
    known variance (Spiegelhalter, Statistics in Medicine 5, 1986). The trend is the score test for a line through it
    (Armitage, Biometrics 11, 1955); it takes no level for granted, so a model that was a little off from the first day
    has none.
    """
    kept = np.clip(scores, NEAR, 1 - NEAR)
    excess = (target - kept) * (1 - 2 * kept)
    place = np.arange(len(kept)) - (len(kept) - 1) / 2
    spread = math.sqrt(float(np.sum(place**2 * kept * (1 - kept) * (1 - 2 * kept) ** 2)))
    return float(np.sum(place * excess)) / spread if spread else 0.0
