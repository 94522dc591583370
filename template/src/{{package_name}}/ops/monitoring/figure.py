"""The business figure: an SQL expression over scored rows with their outcome, now and at release."""

import math

import msgspec
import polars as pl

from .. import evaluation, metrics, storage, tables
from ..costs import DecisionSettings
from ..errors import ProjectError
from ..predictions import lines
from . import labels
from .settings import MonitoringSettings
from .window import Reference
from .windows import predictions

KEPT = 100  # evaluations that are remembered


class Memory(msgspec.Struct, frozen=True):
    """The figures of evaluations, by run, and the expression that they are of."""

    expression: str = ""
    figures: dict[str, float] = {}


def parse(expression: str) -> pl.Expr:
    """Turn SQL into an expression of polars; an empty one is the cost per row. Raises ProjectError when it is none."""
    if not expression:
        return _cost()
    try:
        return pl.sql_expr(expression)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise _bad(expression, str(error)) from error


def figure(rows: pl.DataFrame, expression: str, threshold: float) -> float | None:
    """Compute the figure over `score`, `target` and other columns; None where it is not defined, as over no rows.

    Raises ProjectError when a column does not exist, or when the result is not one number.
    """
    decided = rows.with_columns(
        pl.col("target").cast(pl.Int64),
        decision=(pl.col("score") >= threshold).cast(pl.Int64),
    )
    try:
        found = decided.select(parse(expression).alias("figure"))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise _bad(expression, str(error)) from error
    if found.height != 1 or not found.dtypes[0].is_numeric():
        raise _bad(expression, "it gives no single number, so wrap it in AVG, or divide one sum by another")
    value = found.item()
    return float(value) if value is not None and math.isfinite(value) else None


def complete(rows: pl.DataFrame, expression: str, reference: Reference) -> pl.DataFrame:
    """Give labelled predictions the column `target`, and the features that an expression names, as they were logged."""
    schema = reference.schema
    rows = rows.rename({schema.target: "target"}) if schema.target != "target" else rows
    named = parse(expression).meta.root_names()
    names = [name for name in schema.names if name in named and name not in rows.columns]
    if not names:
        return rows
    if not len(rows):
        types = lines.types(schema)
        return rows.with_columns(pl.lit(None, types[name]).alias(name) for name in names)
    log, _ = predictions.tail(schema, MonitoringSettings.load().window_rows * labels.SEARCHED)
    mine = log.filter(pl.col("model") == reference.version).unique("key", keep="last")
    inputs = mine.select("key", *(pl.col("input").struct.field(name) for name in names))
    return rows.join(inputs, on="key", how="left", maintain_order="left")


def at_release(expression: str, reference: Reference) -> float | None:
    """Return the figure of the released model's evaluation; None when nobody measured it.

    The cost per row stands in the manifest. The figure of an expression is measured on the rows of an evaluation while
    these are there, and remembered in monitoring/business.json.
    """
    if not expression:
        return reference.model.manifest.metrics.get("cost_per_row")
    memory = _remembered(expression)
    url = evaluation.url("metrics.json")
    if storage.exists(url):
        newest = storage.read_json(url, evaluation.Evaluation)
        rows = None if newest.run_id in memory.figures else _evaluated(newest)
        value = None if rows is None else figure(rows, expression, newest.threshold)
        if value is not None:
            kept = list(memory.figures.items())[1 - KEPT :]
            memory = Memory(expression, {**dict(kept), newest.run_id: value})
            storage.write_json(_url(), memory)
    return memory.figures.get(reference.model.manifest.run_id)


def _evaluated(newest: evaluation.Evaluation) -> pl.DataFrame | None:
    """Return the rows of an evaluation with all their columns, or None when the files are of different runs by now."""
    scored, frame = storage.read_table(evaluation.url("scores.parquet")), tables.test()
    both = [name for name in frame.columns if name in scored.columns]
    same = len(scored) == len(frame) and scored.select(both).equals(frame.select(both))
    brier = metrics.brier(scored["target"].to_numpy(), scored["score"].to_numpy())
    if not same or round(brier, 6) != newest.metrics["brier"]:
        return None
    return scored.hstack(frame.select(name for name in frame.columns if name not in both))


def _remembered(expression: str) -> Memory:
    if not storage.exists(_url()):
        return Memory(expression)
    memory = storage.read_json(_url(), Memory)
    return memory if memory.expression == expression else Memory(expression)


def _url() -> str:
    return storage.url("monitoring", "business.json")


def _cost() -> pl.Expr:
    costs, decision, target = DecisionSettings.load(), pl.col("decision"), pl.col("target")
    alarms, misses = (decision == 1) & (target == 0), (decision == 0) & (target == 1)
    return (alarms * costs.cost_false_positive + misses * costs.cost_false_negative).mean()


def _bad(expression: str, reason: str) -> ProjectError:
    first = (reason.splitlines() or [""])[0].rstrip(".")
    return ProjectError(f"[business] expression in settings.toml cannot be used ({first}): mend {expression!r}.")
