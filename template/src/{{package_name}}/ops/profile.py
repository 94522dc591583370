"""What data looked like when the model was released, small enough to travel with it.

A column is kept as the shares of its bins, the last one for missing values. New data is counted into the same bins,
batch by batch, so that a check needs neither the old data nor all new data at once.
"""

import itertools
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

BINS = 20  # enough to see a shift of a tenth of a standard deviation, few enough for a window of 500 rows


class NumericProfile(msgspec.Struct, frozen=True, tag="numeric"):
    """Shares between `edges` (inner ones, ascending; a value on an edge counts below it), then of missing values."""

    name: str
    edges: tuple[float, ...]
    shares: tuple[float, ...]


class CategoricalProfile(msgspec.Struct, frozen=True, tag="categorical"):
    """Shares of each category in the schema's order, then of missing or unseen values."""

    name: str
    categories: tuple[str, ...]
    shares: tuple[float, ...]


ColumnProfile = NumericProfile | CategoricalProfile


class Profile(msgspec.Struct, frozen=True):
    """The reference of a model: every feature that it sees, and the scores that it gave."""

    rows: int
    features: tuple[ColumnProfile, ...]
    score: NumericProfile


def describe(
    matrix: NDArray[np.float32],
    names: Sequence[str],
    categories: dict[str, tuple[str, ...]],
    scores: NDArray[np.float32],
) -> Profile:
    """Profile an encoded matrix (rows, features) and its scores; `categories` lists those of each categorical one."""
    features: list[ColumnProfile] = []
    for position, name in enumerate(names):
        values = matrix[:, position]
        if name in categories:
            column = CategoricalProfile(name, categories[name], ())
            features.append(msgspec.structs.replace(column, shares=_shares(column, values)))
        else:
            features.append(_numeric(name, values))
    return Profile(len(matrix), tuple(features), _numeric("score", scores))


def count(column: ColumnProfile, values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Count encoded values into the bins of a profile, missing last. Counts of batches add up."""
    missing = int(np.count_nonzero(np.isnan(values)))
    if isinstance(column, CategoricalProfile):
        counts = [int(np.count_nonzero(values == code)) for code in range(len(column.categories))]
    else:
        # Some twenty comparisons of all values are ten times as fast as a search of each value among the edges.
        edges = np.asarray(column.edges, np.float32)
        above = [len(values) - missing, *(int(np.count_nonzero(values > edge)) for edge in edges), 0]
        counts = [more - less for more, less in itertools.pairwise(above)]
    return np.array([*counts, missing], np.int64)


def _numeric(name: str, values: NDArray[np.float32]) -> NumericProfile:
    known = values[~np.isnan(values)]
    edges: tuple[float, ...] = ()
    if len(known):
        quantiles = np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])
        edges = tuple(float(edge) for edge in np.unique(quantiles.astype(np.float32)))
    column = NumericProfile(name, edges, ())
    return msgspec.structs.replace(column, shares=_shares(column, values))


def _shares(column: ColumnProfile, values: NDArray[np.float32]) -> tuple[float, ...]:
    counts = count(column, values)
    return tuple(round(float(share), 6) for share in counts / max(len(values), 1))
