"""Asks the store by SQL, in polars' own dialect: tables `predictions`, `labels` and `subjects`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from ... import source
from ...schema import SCHEMA
from ..errors import ProjectError
from . import labels, reading
from .store import Store

READS = re.compile(r"\s*(select|with|from|explain|show|\()", re.I)


@dataclass(frozen=True)
class Answer:
    """The table that answers a query, and what should be known of the labels that it used."""

    frame: pl.DataFrame
    note: str = ""


def query(text: str, stage: str, since: date | None = None) -> Answer:
    """Answer a query about one stage, over the days from `since` on. Raises ProjectError when it cannot be run."""
    if not READS.match(text):
        raise ProjectError(f"A query begins with SELECT or WITH, and {_short(text)!r} does not: nothing was done.")
    store, tables, note = Store(stage), {}, ""
    if _names(text, "labels"):
        told = labels.load()
        tables["labels"] = labels.latest(told)
        note = _note(store, tables["labels"], len(told))
    if _names(text, "subjects"):
        tables["subjects"] = _subjects()
    try:
        return Answer(reading.steadily(lambda: _run(text, reading.predictions(store, since), tables)), note)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, TypeError) as error:
        raise ProjectError(
            f"The query cannot be run: {_short(str(error))}. The tables are predictions, labels and subjects."
        ) from error


def _run(text: str, predictions: pl.LazyFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    found = pl.SQLContext({"predictions": predictions, **tables}).execute(text)
    return found.collect(engine="streaming") if isinstance(found, pl.LazyFrame) else found


def _note(store: Store, truth: pl.DataFrame, told: int) -> str:
    def known() -> pl.DataFrame:
        return reading.predictions(store).select("key").drop_nulls().unique().collect(engine="streaming")

    joined = labels.join(reading.steadily(known), truth)
    return (
        f"{told:,} labels in the source: {len(joined.rows):,} are of logged predictions, {joined.unknown:,} of none, "
        f"{told - len(truth):,} were told again (the last one counts)."
    )


def _subjects() -> pl.DataFrame:
    """The way back from pseudonyms: it needs the source, and the secret."""
    if SCHEMA.identifier is None:
        raise ProjectError("schema.py names no identifier, so there are no subjects: name the column.")
    known = source.load().select(SCHEMA.identifier).drop_nulls().unique(maintain_order=True)
    return known.select(labels.keys(known[SCHEMA.identifier]), SCHEMA.identifier)


def _names(text: str, table: str) -> bool:
    return re.search(rf"\b{table}\b", text, re.I) is not None


def _short(text: str) -> str:
    return (text.strip().splitlines() or [""])[0][:160]
