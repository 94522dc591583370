"""Labelled predictions for the checks on outcomes, read once for all checks of a look."""

import polars as pl

from .labels import labelled
from .window import Reference


def outcomes(reference: Reference) -> pl.DataFrame:
    """Return the newest labelled predictions that have a score, in order of time: see `labels.labelled`."""
    if "outcomes" not in reference.shared:
        rows = labelled(reference)
        reference.shared["outcomes"] = rows.filter(pl.col("score").is_finite())
    return reference.shared["outcomes"]
