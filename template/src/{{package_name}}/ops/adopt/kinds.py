"""Describes one column of an unknown table: a number, a category, an identifier, or of no use."""

import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import polars as pl

from ..columns import Categorical, Column, Numeric

MAXIMUM_CATEGORIES = 50
LONGEST_CATEGORY = 60
MARGIN = 0.5  # new rows may lie outside of the seen range by this part of it
NUMBERS_AS_TEXT = "text that is mostly numbers"

_IDENTIFIER = re.compile(r"(^|_)(id|key|uuid|guid|nr|no|number|index)$")


def is_identifier(column: pl.Series) -> bool:
    """Say whether a column names its rows: unique, and text, named so, or counted through."""
    if column.null_count() or column.is_duplicated().any():
        return False
    if column.dtype == pl.String:
        return True
    if not column.dtype.is_integer():
        return False
    steps = column.diff().drop_nulls().unique()
    return _IDENTIFIER.search(column.name) is not None or len(steps) == 1


def kind(column: pl.Series) -> tuple[Column | None, str]:
    """Describe a feature; or None and the reason why the column is not one."""
    known = column.drop_nulls()
    if known.n_unique() < 2:
        return None, "it is the same in every row" if len(known) else "it is empty"
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        return _numeric(column), ""
    if column.dtype.is_temporal():
        return None, "it is a time; derive a number from it in source.py if it helps"
    if column.dtype not in (pl.String, pl.Categorical, pl.Enum):
        return None, f"it is {column.dtype}"
    text = known.cast(pl.String)
    numbers = text.cast(pl.Float64, strict=False)
    if numbers.is_not_null().mean() > 0.9:  # type: ignore[operator]
        return _numeric(column.cast(pl.String).cast(pl.Float64, strict=False)), NUMBERS_AS_TEXT
    values = text.unique().sort().to_list()
    if len(values) > MAXIMUM_CATEGORIES or len(values) > len(known) / 2:
        return None, f"it is text with {len(values):,} different values"
    if max(map(len, values)) > LONGEST_CATEGORY:
        return None, f"it is text of more than {LONGEST_CATEGORY} characters"
    nullable = column.null_count() > 0
    return Categorical(name=column.name, categories=tuple(values), nullable=nullable), ""


def group_names(breaks: Sequence[float]) -> tuple[str, ...]:
    """Name the groups that a number is put into: each break belongs to the group that it ends."""
    between = (f"{low:g} to {high:g}" for low, high in pairwise(breaks))
    return (f"up to {breaks[0]:g}", *between, f"above {breaks[-1]:g}")


def group(column: pl.Series, breaks: Sequence[float]) -> pl.Series:
    """Replace numbers by the names of their groups."""
    names = group_names(breaks)
    number = pl.col(column.name)
    chosen: pl.Expr = pl.when(number > breaks[-1]).then(pl.lit(names[-1]))
    for limit, name in reversed(list(zip(breaks, names, strict=False))):
        chosen = pl.when(number <= limit).then(pl.lit(name)).otherwise(chosen)
    return column.to_frame().select(chosen.alias(column.name)).to_series()


def _numeric(column: pl.Series) -> Numeric:
    integer = not column.dtype.is_float()
    values = column.cast(pl.Float64)
    low, high = float(values.min()), float(values.max())  # type: ignore[arg-type]
    if column.dtype != pl.Boolean:
        margin = MARGIN * (high - low)
        low = max(_rounded(low - margin, math.floor), 0 if low >= 0 else -math.inf)
        high = min(_rounded(high + margin, math.ceil), 0 if high <= 0 else math.inf)
    return Numeric(
        name=column.name,
        minimum=int(low) if low == int(low) else low,
        maximum=int(high) if high == int(high) else high,
        integer=integer,
        nullable=column.null_count() > 0,
    )


def _rounded(value: float, towards: Callable[[float], int]) -> float:
    """Round to two digits, outwards."""
    if value == 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    return float(f"{towards(value / unit) * unit:.6g}")
