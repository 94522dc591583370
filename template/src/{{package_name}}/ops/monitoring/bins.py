"""Counts the rows of a window into the bins of the profile that the model carries."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..profile import count
from .window import Rows


@dataclass(frozen=True)
class Bins:
    """Rows in each bin of each column, in the order of the profile; the last bin is for missing values."""

    columns: tuple[NDArray[np.int64], ...]

    def __add__(self, other: "Bins") -> "Bins":
        return Bins(tuple(one + two for one, two in zip(self.columns, other.columns, strict=True)))


def features(rows: Rows) -> Bins:
    """Count each feature, derived ones too."""
    return Bins(tuple(count(column, rows.columns[column.name]) for column in rows.reference.profile.features))


def scores(rows: Rows) -> Bins:
    """Count the scores; rows that no service scored are scored here."""
    return Bins((count(rows.reference.profile.score, rows.scores),))
