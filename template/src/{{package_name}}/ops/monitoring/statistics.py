"""Distances between two samples, each with the size that chance alone reaches: an alert needs more than noise."""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray


def psi(expected: NDArray[np.float64], counts: NDArray[np.float64], expected_rows: int) -> float:
    """Population stability index of `counts` against the shares `expected`, less what sampling alone adds.

    Both have one entry for each bin; bins that are empty on both sides must be left out.

    Two samples of one distribution have a PSI of about (bins - 1) * (1/n + 1/m), not zero: a plain PSI over a small
    window reads as drift. Subtracting that expectation makes windows of any size comparable (Yurdakul, 2018).
    """
    reference = _smooth(expected * expected_rows)
    current = _smooth(counts)
    distance = float(np.sum((current - reference) * np.log(current / reference)))
    return max(0.0, distance - (len(counts) - 1) * _noise(float(counts.sum()), expected_rows))


def psi_noise(bins: int, rows: int, expected_rows: int, chance: float) -> float:
    """The corrected PSI that an unchanged distribution exceeds with probability `chance`.

    PSI / (1/n + 1/m) follows a chi-square distribution with bins - 1 degrees of freedom (Yurdakul, 2018).
    """
    freedom = bins - 1
    return (_chi_square(freedom, chance) - freedom) * _noise(rows, expected_rows)


def share_noise(share: float, rows: int, expected_rows: int, chance: float) -> float:
    """How far above `share` a share of `rows` lands with probability `chance` when nothing changed."""
    spread = np.sqrt(max(share * (1 - share), 1 / rows) * _noise(rows, expected_rows))
    return float(quantile(chance) * spread)


def quantile(chance: float) -> float:
    """The standard deviations that a normal variable exceeds with probability `chance`."""
    return NormalDist().inv_cdf(1 - chance)


def _smooth(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    padded = counts + 0.5  # an empty bin would make the logarithm infinite
    return np.asarray(padded / padded.sum(), dtype=np.float64)


def _noise(rows: float, expected_rows: int) -> float:
    return 1 / rows + 1 / expected_rows


def _chi_square(freedom: int, chance: float) -> float:
    """Upper quantile, by Wilson and Hilferty (1931): within 1% here, and without a dependency on scipy."""
    spread = 2 / (9 * freedom)
    return float(freedom * (1 - spread + quantile(chance) * np.sqrt(spread)) ** 3)
