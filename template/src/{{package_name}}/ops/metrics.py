"""Measures of a scored binary classifier, in plain numpy, with their uncertainty."""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Target = NDArray[np.int8]
Scores = NDArray[np.float64]

NORMAL = NormalDist()


class Estimate(NamedTuple):
    """A value and its confidence interval."""

    value: float
    low: float
    high: float


def auc(target: Target, scores: Scores, confidence: float = 0.95) -> Estimate:
    """Area under the ROC curve with DeLong's interval. NaN when a class is missing."""
    value, variance = _delong(target, scores[np.newaxis])
    half = NORMAL.inv_cdf((1 + confidence) / 2) * float(np.sqrt(variance[0, 0]))
    return Estimate(float(value[0]), float(value[0]) - half, min(float(value[0]) + half, 1.0))


def auc_difference(target: Target, scores: Scores, others: Scores, confidence: float = 0.95) -> Estimate:
    """AUC of `scores` minus AUC of `others` on the same rows, with one-sided bounds of the given confidence.

    DeLong et al., "Comparing the areas under two or more correlated receiver operating characteristic curves",
    Biometrics 1988: both models score the same rows, so their errors cancel and small differences show.
    """
    values, covariance = _delong(target, np.stack([scores, others]))
    difference = float(values[0] - values[1])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    half = NORMAL.inv_cdf(confidence) * float(np.sqrt(np.maximum(variance, 0.0)))
    return Estimate(difference, difference - half, difference + half)


def average_precision(target: Target, scores: Scores) -> float:
    """Area under the precision-recall curve, as a step function."""
    recall, precision, _ = precision_recall(target, scores)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def roc(target: Target, scores: Scores) -> tuple[Scores, Scores]:
    """False positive rate and true positive rate at each distinct score, from (0, 0) to (1, 1)."""
    hits, alarms, _ = _cumulative(target, scores)
    return np.append(0.0, alarms / alarms[-1]), np.append(0.0, hits / hits[-1])


def precision_recall(target: Target, scores: Scores) -> tuple[Scores, Scores, Scores]:
    """Recall, precision and threshold at each distinct score, from the highest on."""
    hits, alarms, thresholds = _cumulative(target, scores)
    return hits / hits[-1], hits / (hits + alarms), thresholds


def brier(target: Target, scores: Scores) -> float:
    """Mean squared error of the probabilities."""
    return float(np.mean((scores - target) ** 2))


def brier_skill(target: Target, scores: Scores) -> float:
    """Share of the error of always answering the base rate that the model takes away; below 0 it does harm."""
    base = float(np.mean(target))
    return 1 - brier(target, scores) / max(base * (1 - base), 1e-12)


def log_loss(target: Target, scores: Scores) -> float:
    """Mean negative log likelihood."""
    clipped = np.clip(scores, 1e-7, 1 - 1e-7)
    return float(-np.mean(np.where(target == 1, np.log(clipped), np.log(1 - clipped))))


def calibration(target: Target, scores: Scores, bins: int = 10) -> list[tuple[float, float, int]]:
    """Mean score, share of class 1 and rows of equally filled bins of the score."""
    parts = np.array_split(np.argsort(scores, kind="stable"), bins)
    return [(float(scores[part].mean()), float(target[part].mean()), len(part)) for part in parts if len(part)]


def calibration_error(target: Target, scores: Scores) -> float:
    """Mean distance between score and share of class 1 over the bins (expected calibration error)."""
    parts = calibration(target, scores)
    return sum(abs(score - share) * rows for score, share, rows in parts) / max(len(target), 1)


def confusion(target: Target, scores: Scores, threshold: float) -> dict[str, int]:
    """Counts of right and wrong decisions, where a score at or above the threshold decides 1."""
    decision = scores >= threshold
    return {
        "true_positives": int(np.sum(decision & (target == 1))),
        "false_positives": int(np.sum(decision & (target == 0))),
        "false_negatives": int(np.sum(~decision & (target == 1))),
        "true_negatives": int(np.sum(~decision & (target == 0))),
    }


def proportion(hits: int, rows: int, confidence: float = 0.95) -> Estimate:
    """A share with Wilson's interval, which holds for few rows and for shares near 0 and 1."""
    if rows == 0:
        return Estimate(float("nan"), float("nan"), float("nan"))
    z = NORMAL.inv_cdf((1 + confidence) / 2)
    share = hits / rows
    middle = (share + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z / (1 + z * z / rows) * (share * (1 - share) / rows + z * z / (4 * rows * rows)) ** 0.5
    return Estimate(share, max(middle - half, 0.0), min(middle + half, 1.0))


def _cumulative(target: Target, scores: Scores) -> tuple[Scores, Scores, Scores]:
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    hits = np.cumsum(target[order], dtype=np.float64)[last]
    return hits, last + 1 - hits, ordered[last]


def _delong(target: Target, scores: Scores) -> tuple[Scores, Scores]:
    """AUC of each model (first axis) and their covariance, by Sun and Xu's fast algorithm (2014)."""
    positive, negative = scores[:, target == 1], scores[:, target == 0]
    m, n = positive.shape[1], negative.shape[1]
    if m == 0 or n == 0 or not np.isfinite(scores).all():  # ranks would hide a NaN
        return np.full(len(scores), np.nan), np.full((len(scores), len(scores)), np.nan)
    every = np.stack([_midranks(row) for row in np.hstack([positive, negative])])
    v10 = (every[:, :m] - np.stack([_midranks(row) for row in positive])) / n
    v01 = 1 - (every[:, m:] - np.stack([_midranks(row) for row in negative])) / m
    if m == 1 or n == 1:
        return v10.mean(axis=1), np.full((len(scores), len(scores)), np.nan)
    return v10.mean(axis=1), np.atleast_2d(np.cov(v10) / m + np.cov(v01) / n)


def _midranks(values: Scores) -> Scores:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Scores = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks
