"""How far the values of one column have moved from the profile that the model carries."""

import numpy as np
from numpy.typing import NDArray

from ..profile import ColumnProfile
from .findings import Measure
from .statistics import psi, psi_noise


def psi_of(
    column: ColumnProfile,
    bins: NDArray[np.int64],
    reference_rows: int,
    threshold: float,
    chance: float,
) -> Measure | None:
    """Measure the PSI of one column from the rows in its bins, or None when fewer than two are filled.

    Missing values are left out: `data_quality` watches them. The limit is `threshold`, or what a window of this
    size reaches by itself with probability `chance`, whichever is higher.
    """
    counts = bins[:-1].astype(np.float64)
    shares = np.asarray(column.shares[:-1], dtype=np.float64)
    filled = (counts > 0) | (shares > 0)
    if filled.sum() < 2 or counts.sum() == 0 or shares.sum() == 0:
        return None
    rows, known = int(counts.sum()), int(shares.sum() * reference_rows)
    value = psi(shares[filled] / shares.sum(), counts[filled], known)
    noise = psi_noise(int(filled.sum()), rows, known, chance)
    return Measure(subject=column.name, value=value, limit=max(threshold, noise))
