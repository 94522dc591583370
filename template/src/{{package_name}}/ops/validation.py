"""Checks rows against the schema before anything is learned from them."""

from typing import NamedTuple

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaError, SchemaErrorReason, SchemaErrors

from .columns import Categorical, Column, Schema
from .errors import ProjectError

SHOWN_ROWS = 5
SHOWN_VIOLATIONS = 10

FINITE = pa.Check(
    lambda data: data.lazyframe.select(pl.col(data.key).is_finite()),
    error="must be a finite number, not NaN or infinite",
)
WHOLE = pa.Check(
    lambda data: data.lazyframe.select(pl.col(data.key) == pl.col(data.key).floor()),
    error="must be a whole number",
)


class Violation(NamedTuple):
    """A rule that some rows break. `rows` is 0 where the column as a whole is at fault."""

    column: str
    rule: str
    rows: int = 0
    where: str = ""

    def __str__(self) -> str:
        if not self.rows:
            return f"`{self.column}` {self.rule}"
        rows = "1 row" if self.rows == 1 else f"{self.rows:,} rows"
        return f"`{self.column}` {self.rule} ({rows}: {self.where})"


def validate(frame: pl.DataFrame, schema: Schema, training: bool = True) -> pl.DataFrame:
    """Return the schema's columns of a table, in its types. Raises ProjectError on a broken rule.

    `training` says that target and sensitive columns must be there.
    """
    broken = violations(frame, schema, training)
    if broken:
        rules = "a rule" if len(broken) == 1 else f"{len(broken)} rules"
        shown = "; ".join(str(violation) for violation in broken[:SHOWN_VIOLATIONS])
        more = len(broken) - SHOWN_VIOLATIONS
        raise ProjectError(
            f"The data breaks {rules} of schema.py: {shown}"
            f"{f'; and {more} more' if more > 0 else ''}: mend the data or source.py, "
            "or change schema.py where the rule is wrong."
        )
    typed = _widened(frame, schema)
    integers = [pl.col(column.name).cast(pl.Int64) for column in schema.numeric if column.integer]
    return typed.select(_wanted(frame, schema, training)).with_columns(integers)


def violations(frame: pl.DataFrame, schema: Schema, training: bool = True) -> list[Violation]:
    """Return every rule that the table breaks, in the order of its columns."""
    if frame.is_empty():
        raise ProjectError("The data has no rows: check what source.py reads.")
    wanted = _wanted(frame, schema, training)
    missing = [Violation(name, "is missing") for name in wanted if name not in frame.columns]
    present = {name for name in wanted if name in frame.columns}
    checks = {name: rules for name, rules in _rules(frame, schema).items() if name in present}
    try:
        pa.DataFrameSchema(checks).validate(_widened(frame, schema), lazy=True)
    except SchemaErrors as errors:
        # Checks of values cannot run on a column of the wrong type: say that alone.
        mistyped = {
            error.schema.name for error in errors.schema_errors if error.reason_code is SchemaErrorReason.WRONG_DATATYPE
        }
        return missing + [
            _violation(error, frame, schema)
            for error in errors.schema_errors
            if error.schema.name not in mistyped or error.reason_code is SchemaErrorReason.WRONG_DATATYPE
        ]
    return missing


def _wanted(frame: pl.DataFrame, schema: Schema, training: bool) -> list[str]:
    sensitive = [column.name for column in schema.sensitive]
    named = [name for name in (schema.identifier, schema.time) if name is not None]
    rest = [*sensitive, schema.target]
    if not training:
        named = [name for name in named if name in frame.columns]
        rest = [name for name in rest if name in frame.columns]
    return [*named, *schema.names, *rest]


def _rules(frame: pl.DataFrame, schema: Schema) -> dict[str, pa.Column]:
    rules = {}
    if schema.identifier is not None:
        rules[schema.identifier] = pa.Column(unique=True)
    if schema.time is not None:
        given = frame.schema.get(schema.time)
        temporal = given is not None and given.is_temporal()
        rules[schema.time] = pa.Column(given if temporal else pl.Datetime)
    for column in (*schema.features, *schema.sensitive):
        rules[column.name] = _column(column)
    target = pa.Check.isin([0.0, 1.0], error="must be 0 or 1")
    return rules | {schema.target: pa.Column(pl.Float64, target, nullable=True)}


def _column(column: Column) -> pa.Column:
    if isinstance(column, Categorical):
        allowed = ", ".join(column.categories)
        known = pa.Check.isin(column.categories, error=f"must be one of {allowed}")
        return pa.Column(pl.String, known, nullable=column.nullable)
    checks = [FINITE, WHOLE] if column.integer else [FINITE]
    if column.minimum is not None:
        least = f"must be at least {column.minimum:,}"
        checks.append(pa.Check.ge(column.minimum, error=least))
    if column.maximum is not None:
        most = f"must be at most {column.maximum:,}"
        checks.append(pa.Check.le(column.maximum, error=most))
    return pa.Column(pl.Float64, checks, nullable=column.nullable)


def _widened(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Level out types that mean the same: any number is a float here, any text a string."""
    numbers = {column.name for column in schema.numeric} | {schema.target}
    texts = {column.name for column in (*schema.features, *schema.sensitive)} - numbers
    casts = []
    for name, given in frame.schema.items():
        if name in numbers and (given.is_numeric() or given in (pl.Boolean, pl.Null)):
            casts.append(pl.col(name).cast(pl.Float64))
        elif name in texts and given in (pl.Categorical, pl.Enum, pl.Null):
            casts.append(pl.col(name).cast(pl.String))
    return frame.with_columns(casts)


def _violation(error: SchemaError, frame: pl.DataFrame, schema: Schema) -> Violation:
    name = error.schema.name
    if error.reason_code is SchemaErrorReason.WRONG_DATATYPE:
        wanted = "a date or time" if name == schema.time else "text"
        if name == schema.target or name in {column.name for column in schema.numeric}:
            wanted = "a number"
        return Violation(name, f"must be {wanted}, not {frame.schema[name]}")
    if error.reason_code is SchemaErrorReason.SERIES_CONTAINS_NULLS:
        rule = "must not be missing"
        bad = frame[name].is_null()
    elif error.reason_code is SchemaErrorReason.SERIES_CONTAINS_DUPLICATES:
        rule = "must be unique"
        bad = frame[name].is_duplicated()
    else:
        rule = str(error.check.error)
        bad = ~error.check_output.to_series().fill_null(True)
    at = bad.arg_true()
    return Violation(name, rule, len(at), _where(frame, schema, name, at.head(SHOWN_ROWS)))


def _where(frame: pl.DataFrame, schema: Schema, name: str, at: pl.Series) -> str:
    values = frame[name].gather(at).to_list()
    if schema.identifier is not None and schema.identifier in frame.columns:
        label, rows = schema.identifier, frame[schema.identifier].gather(at).to_list()
    else:
        label, rows = "row", at.to_list()
    shown = (
        str(row) if value is None or name == label else f"{row} has {value!r}"
        for row, value in zip(rows, values, strict=True)
    )
    return f"{label} {', '.join(shown)}"
