"""What contributions say: ranks and directions of features, and what parts groups that the model does not see."""

import msgspec
import numpy as np
import polars as pl

from ..bundle import Manifest
from .contributions import Floats, Matrix

GROUP_ROWS = 30  # a mean over fewer rows says little
CLEAR = 0.5  # rank correlation from which on a direction is named


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """One feature. `mean` is its mean absolute contribution in log odds, `share` that of the sum over all features."""

    name: str
    label: str
    mean: float
    share: float
    tells: str


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """How much higher a group's scores are than all others', in log odds, and the features that this comes from.

    `chance` is half of the 95% interval: no feature is named for a gap within it.
    """

    column: str
    group: str
    rows: int
    gap: float
    chance: float
    parts: list[tuple[str, float]]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What `explanation.json` holds. `base` is the mean log odds of the reference rows."""

    run_id: str
    method: str
    rows: int
    reference_rows: int
    base: float
    features: list[Feature]
    gaps: list[Gap]


class Words:
    """Features and their values in the words of the schema."""

    def __init__(self, manifest: Manifest) -> None:
        self.names = manifest.feature_names
        self.categories = {column.name: column.categories for column in manifest.schema.categorical}
        self._described = {column.name: column.description for column in manifest.schema.features}

    def label(self, name: str) -> str:
        """A feature as people know it."""
        described = self._described.get(name, "derived in features.py")
        return f"{name} ({described})" if described else name

    def value(self, name: str, value: float) -> str:
        """An encoded value as people know it."""
        if np.isnan(value):
            return "missing"
        if name in self.categories:
            return self.categories[name][int(value)]
        return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"


def features(words: Words, matrix: Matrix, values: Floats) -> list[Feature]:
    """Rank the features by their mean absolute contribution, largest first."""
    means = np.abs(values).mean(axis=0)
    total = max(float(means.sum()), 1e-12)
    return [
        Feature(
            name=words.names[at],
            label=words.label(words.names[at]),
            mean=round(float(means[at]), 6),
            share=round(float(means[at]) / total, 6),
            tells=_tells(words, words.names[at], matrix[:, at], values[:, at]),
        )
        for at in np.argsort(-means, kind="stable")
    ]


def gaps(manifest: Manifest, frame: pl.DataFrame, values: Floats) -> list[Gap]:
    """Take apart, for each group of a sensitive column, how its mean score differs from that of all others."""
    found = []
    for column in manifest.schema.sensitive:
        groups = frame[column.name].to_numpy()
        for group in column.categories:
            inside = groups == group
            if min(inside.sum(), (~inside).sum()) < GROUP_ROWS:
                continue
            parts = values[inside].mean(axis=0) - values[~inside].mean(axis=0)
            scores = [values[chosen].sum(axis=1) for chosen in (inside, ~inside)]
            chance = 1.96 * float(np.sqrt(sum(part.var() / len(part) for part in scores)))
            order = np.argsort(-np.abs(parts), kind="stable")[: 5 if abs(parts.sum()) > chance else 0]
            found.append(
                Gap(
                    column=column.name,
                    group=group,
                    rows=int(inside.sum()),
                    gap=round(float(parts.sum()), 6),
                    chance=round(chance, 6),
                    parts=[(manifest.feature_names[at], round(float(parts[at]), 6)) for at in order],
                )
            )
    return found


def _tells(words: Words, name: str, column: Matrix, values: Floats) -> str:
    """Say in a few words which values raise the score; nothing where they do so in no clear order."""
    known = ~np.isnan(column)
    if name in words.categories:
        means = {
            category: float(values[column == code].mean())
            for code, category in enumerate(words.categories[name])
            if (column == code).sum() >= GROUP_ROWS
        }
        high = max(means, key=lambda category: means[category], default="")
        return f"{high} raises it most" if high and means[high] > 0 else ""
    pairs = pl.DataFrame({"column": column[known], "values": values[known]})
    rank = pairs.select(pl.corr("column", "values", method="spearman")).item() if known.any() else None
    if rank is None or not abs(rank) >= CLEAR:
        return ""
    return "higher values raise it" if rank > 0 else "higher values lower it"
