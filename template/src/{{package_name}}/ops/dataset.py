"""The tables that steps hand on: all rows, then the part to learn from and the part to test on."""

import hashlib
from datetime import timedelta

import msgspec
import numpy as np
import polars as pl
from pydantic import Field

from ..schema import SCHEMA
from . import storage
from .columns import Schema
from .errors import ProjectError
from .settings import Section
from .validation import validate


class SplitSettings(Section, table="split"):
    """How rows are split: by time where the schema has a time column, else at random by class."""

    test_days: int = Field(30, ge=1)
    train_days: int = Field(0, ge=0)
    """How far back to learn from; 0 is from the first row on."""
    test_share: float = Field(0.2, gt=0, lt=1)
    seed: int = 7


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """What `data.json` says about the rows. `sha256`, over their content, is the data version."""

    sha256: str
    rows: int
    labelled: int
    columns: int
    since: str | None = None
    until: str | None = None


class Validation(msgspec.Struct, frozen=True, kw_only=True):
    """What `validation.json` says: the data version that was found to keep the rules."""

    sha256: str


def extract(frame: pl.DataFrame, schema: Schema = SCHEMA) -> Data:
    """Write the rows to `raw.parquet` and what they are to `data.json`."""
    order = [name for name in (schema.time, schema.identifier) if name in frame.columns]
    if order:
        frame = frame.sort(order, maintain_order=True)
    time = frame[schema.time] if schema.time in frame.columns else None
    known = frame[schema.target].is_not_null().sum() if schema.target in frame.columns else 0
    data = Data(
        sha256=version(frame),
        rows=len(frame),
        labelled=int(known),
        columns=frame.width,
        since=None if time is None else str(time.min()),
        until=None if time is None else str(time.max()),
    )
    storage.write_table(_url("raw.parquet"), frame)
    storage.write_json(_url("data.json"), data)
    return data


def load_raw() -> tuple[pl.DataFrame, Data]:
    """Read the extracted rows. Raises ProjectError when they are not those of `data.json`."""
    frame = storage.read_table(_url("raw.parquet"))
    data = storage.read_json(_url("data.json"), Data)
    if version(frame) != data.sha256:
        raise ProjectError(f"{_url('raw.parquet')} was changed after it was extracted: run the data step again.")
    return frame, data


def check(schema: Schema = SCHEMA) -> Data:
    """Validate the extracted rows and note it. Raises ProjectError when they break a rule."""
    frame, data = load_raw()
    validate(frame, schema)
    storage.write_json(_url("validation.json"), Validation(sha256=data.sha256))
    return data


def prepare(schema: Schema = SCHEMA) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split the validated rows into `train.parquet` and `test.parquet`."""
    frame, data = load_raw()
    if storage.read_json(_url("validation.json"), Validation).sha256 != data.sha256:
        raise ProjectError("The extracted rows were not validated: run the validate step first.")
    train, test = split(validate(frame, schema), schema, SplitSettings.load())
    storage.write_table(_url("train.parquet"), train)
    storage.write_table(_url("test.parquet"), test)
    return train, test


def split(frame: pl.DataFrame, schema: Schema, settings: SplitSettings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split the rows whose label is known into those to learn from and those to test on."""
    known = frame.filter(pl.col(schema.target).is_not_null())
    if schema.time is None:
        train, test = _at_random(known, schema.target, settings)
        cure = "give more labelled rows, or change split.test_share in settings.toml"
    else:
        train, test = _by_time(known, schema.time, settings)
        cure = "give more labelled rows, or change split.test_days or train_days in settings.toml"
    for name, part in (("training", train), ("test", test)):
        if part[schema.target].n_unique() < 2:
            raise ProjectError(f"The {name} part has {len(part):,} rows, of fewer than two classes: {cure}.")
    return train, test


def version(frame: pl.DataFrame) -> str:
    """Return the SHA-256 of the content of a table: names, types and values, in order."""
    digest = hashlib.sha256(repr(list(frame.schema.items())).encode())
    digest.update(frame.write_csv(null_value="\\N").encode())
    return digest.hexdigest()


def _by_time(frame: pl.DataFrame, time: str, settings: SplitSettings) -> tuple[pl.DataFrame, pl.DataFrame]:
    at = pl.col(time)
    cut = at.max() - timedelta(days=settings.test_days)
    learn = at <= cut
    if settings.train_days:
        learn &= at > cut - timedelta(days=settings.train_days)
    return frame.filter(learn), frame.filter(at > cut)


def _at_random(frame: pl.DataFrame, target: str, settings: SplitSettings) -> tuple[pl.DataFrame, pl.DataFrame]:
    rng = np.random.default_rng(settings.seed)
    labels = frame[target].to_numpy()
    tested = np.zeros(len(frame), dtype=bool)
    for label in (0, 1):
        rows = rng.permutation(np.flatnonzero(labels == label))
        tested[rows[: round(settings.test_share * len(rows))]] = True
    return frame.filter(~tested), frame.filter(tested)


def _url(name: str) -> str:
    return storage.url("data", name)
