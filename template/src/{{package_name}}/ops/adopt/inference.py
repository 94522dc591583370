"""Finds out what the columns of an unknown table are."""

import difflib
import keyword
import re
from dataclasses import dataclass, field
from datetime import timedelta

import polars as pl

from ..columns import Categorical, Column, Schema
from ..errors import ProjectError
from .kinds import MAXIMUM_CATEGORIES, NUMBERS_AS_TEXT, group, group_names, is_identifier, kind
from .leakage import suspicion

LEAST_ROWS = 20
POSITIVE = ("true", "t", "yes", "y", "positive", "bad", "default", "churned", "malignant")


@dataclass(frozen=True)
class Request:
    """What the user said about the file. Names are as in the file."""

    target: str
    time: str | None = None
    sensitive: tuple[str, ...] = ()
    identifier: str | None = None
    positive: str | None = None


@dataclass
class Findings:
    """What was found, by the new schema's names; `renamed` leads to them from the file's."""

    renamed: dict[str, str]
    schema: Schema = field(init=False)
    classes: dict[str | float, int] = field(default_factory=dict)
    """Which value of the target is 0 and which 1; empty where they are that already."""
    booleans: list[str] = field(default_factory=list)
    numbers_as_text: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    groups: dict[str, list[float]] = field(default_factory=dict)
    time_as_text: bool = False
    not_finite: bool = False
    test_days: int | None = None
    decisions: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def infer(frame: pl.DataFrame, request: Request) -> Findings:
    """Describe a table. Raises ProjectError when it cannot be learned from."""
    if len(frame) < LEAST_ROWS:
        raise ProjectError(f"The file has {len(frame)} rows: give at least {LEAST_ROWS}.")
    wanted = [request.target, request.time, request.identifier, *request.sensitive]
    _check_names(frame, [name for name in wanted if name is not None])
    names = _safe_names(frame.columns)
    found = Findings(renamed={old: new for old, new in names.items() if old != new})
    frame = _finite(frame.rename(names), found)
    target = names[request.target]
    labels = _labels(frame[target], request.positive, found)
    time = None if request.time is None else _time(frame[names[request.time]], found)
    sensitive = tuple(_sensitive(frame[names[name]], found) for name in request.sensitive)
    identifier = None
    if request.identifier is not None:
        identifier = _identifier(frame[names[request.identifier]])
    taken = {target, time, identifier, *(column.name for column in sensitive)}
    features: list[Column] = []
    for column in frame.drop(name for name in taken if name is not None):
        if is_identifier(column):
            found.decisions.append(f"`{column.name}` names a row, so it is no feature.")
            identifier = identifier or column.name
            continue
        feature, note = kind(column)
        if feature is None:
            found.warnings.append(f"`{column.name}` is left out: {note}.")
            continue
        if column.dtype == pl.Boolean:
            found.booleans.append(feature.name)
        if note == NUMBERS_AS_TEXT:
            found.numbers_as_text.append(feature.name)
            found.warnings.append(f"`{column.name}` is {note}; the rest is read as missing.")
        reason, equal = suspicion(column, feature, labels)
        if reason:
            left_out = ", so it is left out" if equal else "; take it out of schema.py if it is"
            found.warnings.append(f"`{column.name}` looks like leakage ({reason}){left_out}.")
        if not equal:
            features.append(feature)
    if not features:
        raise ProjectError("No column of the file can be learned from: see which columns it has.")
    small = [c.name for c in features if isinstance(c, Categorical) and len(c.categories) <= 10]
    found.schema = Schema(
        target=target,
        features=tuple(features),
        identifier=identifier,
        time=time,
        sensitive=sensitive,
        slices=(*small[:3], *(column.name for column in sensitive)),
    )
    return found


def _check_names(frame: pl.DataFrame, names: list[str]) -> None:
    for name in names:
        if name not in frame.columns:
            near = difflib.get_close_matches(name, frame.columns, n=1, cutoff=0.5)
            has = ", ".join(frame.columns[:20])
            cure = f"did you mean {near[0]}?" if near else f"it has {has}."
            raise ProjectError(f"The file has no column {name}: {cure}")
        if names.count(name) > 1:
            raise ProjectError(f"Column {name} was given two roles: give it one.")


def _safe_names(names: list[str]) -> dict[str, str]:
    """Give each column a name that is safe in Python, JSON and metrics."""
    safe: dict[str, str] = {}
    for name in names:
        base = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower() or "column"
        base = f"column_{base}" if base[0].isdigit() else base
        base = f"{base}_" if keyword.iskeyword(base) else base
        new, count = base, 2
        while new in safe.values():
            new, count = f"{base}_{count}", count + 1
        safe[name] = new
    return safe


def _finite(frame: pl.DataFrame, found: Findings) -> pl.DataFrame:
    floats = [column.name for column in frame if column.dtype.is_float()]
    if all(frame[name].is_finite().all() for name in floats):
        return frame
    found.not_finite = True
    found.warnings.append("NaN and infinite numbers are read as missing.")
    return frame.with_columns(pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in floats)


def _labels(column: pl.Series, positive: str | None, found: Findings) -> pl.Series:
    number = column.dtype.is_numeric() or column.dtype == pl.Boolean
    column = column.cast(pl.Float64 if number else pl.String)
    values = column.drop_nulls().unique().sort().to_list()
    shown = [f"{value:g}" if number else value for value in values]
    if len(values) != 2:
        raise ProjectError(
            f"`{column.name}` has {len(values)} different values ({', '.join(shown[:5])}): "
            "a target has two, see docs/your-data.md."
        )
    if positive is not None and positive not in shown:
        raise ProjectError(f"`{column.name}` is never {positive}: choose {' or '.join(shown)}.")
    first = shown[0].lower() in POSITIVE and shown[1].lower() not in POSITIVE
    if positive == shown[0] or (positive is None and first):
        values.reverse()
        shown.reverse()
    if values != [0.0, 1.0]:
        found.classes = {values[0]: 0, values[1]: 1}
    labels = column.replace_strict(values, [0, 1], default=None, return_dtype=pl.Int8)
    share = labels.sum() / labels.count()
    found.decisions.append(f"`{column.name}` is predicted: 1 is {shown[1]} ({share:.1%} of the rows), 0 is {shown[0]}.")
    return labels


def _time(column: pl.Series, found: Findings) -> str:
    name = column.name
    if column.dtype == pl.String:
        try:
            column = column.str.to_datetime()
        except pl.exceptions.PolarsError as error:
            raise ProjectError(
                f"`{name}` holds text that is no time: write 2026-01-31 or 2026-01-31 23:59:59."
            ) from error
        found.time_as_text = True
    if column.dtype not in (pl.Date, pl.Datetime):
        raise ProjectError(f"`{name}` is {column.dtype}, no date or time: convert it first.")
    if column.null_count():
        raise ProjectError(f"`{name}` is missing in {column.null_count()} rows: drop these.")
    newest, oldest = column.max(), column.min()
    span: timedelta = newest - oldest  # type: ignore[operator,assignment]
    if span.days < 5:
        raise ProjectError(f"`{name}` spans {span.days} days, too few to split by: leave it out.")
    found.test_days = max(1, round(0.2 * span.days))
    found.decisions.append(f"The newest {found.test_days} of {span.days} days are tested on.")
    return name


def _sensitive(column: pl.Series, found: Findings) -> Categorical:
    name = column.name
    if column.dtype.is_numeric() and column.n_unique() > 10:
        quartiles = (column.quantile(share) or 0.0 for share in (0.25, 0.5, 0.75))
        found.groups[name] = sorted({float(f"{value:.2g}") for value in quartiles})
        found.decisions.append(f"`{name}` is put into groups at {found.groups[name]}.")
        column = group(column, found.groups[name])
    elif column.dtype != pl.String:
        found.texts.append(name)
    values = column.cast(pl.String).drop_nulls().unique().sort().to_list()
    if name in found.groups:
        values = [group for group in group_names(found.groups[name]) if group in values]
    if not 2 <= len(values) <= MAXIMUM_CATEGORIES:
        raise ProjectError(f"`{name}` has {len(values)} values: a sensitive column has 2 to {MAXIMUM_CATEGORIES}.")
    return Categorical(name=name, categories=tuple(values), nullable=column.null_count() > 0)


def _identifier(column: pl.Series) -> str:
    if column.null_count() or column.is_duplicated().any():
        raise ProjectError(f"`{column.name}` has missing or repeated values, so it names no row: choose another.")
    return column.name
