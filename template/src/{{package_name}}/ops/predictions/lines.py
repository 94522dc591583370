"""Lines of the log as tables: each line is checked by itself, and one that is broken is left out and counted."""

from collections.abc import Mapping, Sequence

import msgspec
import polars as pl

from ...schema import SCHEMA
from ..columns import Numeric, Schema
from . import pseudonym

SLAB = 20_000  # lines that are Python objects at one time: about 100 MB
LATEST = 253_402_300_800.0  # the year 10000, in Unix seconds

Types = Mapping[str, pl.DataType]

NUMBER, TEXT = pl.Float64(), pl.String()
COLUMNS: dict[str, pl.DataType] = {
    "id": TEXT,
    "at": pl.Datetime("us", "UTC"),
    "model": pl.Int64(),
    "role": TEXT,
    "score": NUMBER,
    "ms": NUMBER,
    "cpu_ms": NUMBER,
    "key": TEXT,
}


def types(schema: Schema) -> Types:
    """Return the types of the features of a schema."""
    return {column.name: NUMBER if isinstance(column, Numeric) else TEXT for column in schema.features}


class Line(msgspec.Struct, gc=False):
    """One line. Those of before pseudonyms have no role, and the identifier itself as their key."""

    id: str
    at: float
    model: int
    score: float | None  # null where the model gave no number
    input: dict[str, float | str | None]
    key: str | int | None = None
    role: str | None = None
    ms: float | None = None
    cpu_ms: float | None = None


decode = msgspec.json.Decoder(Line).decode


def parse(content: bytes) -> tuple[pl.DataFrame, int]:
    """Return lines as a table of `COLUMNS` and a struct `input`, and how many lines were broken.

    Of lines with the same id the last one stays.
    """
    frames, broken = [], 0
    texts = content.split(b"\n")
    for start in range(0, len(texts), SLAB):
        lines = []
        for text in texts[start : start + SLAB]:
            if line := _line(text):
                lines.append(line)
            else:
                broken += bool(text.strip())
        frames.append(_table(lines))
    return union(frames).unique(["id", "role"], keep="last", maintain_order=True), broken


def first_at(content: bytes) -> float | None:
    """Return the time of the first whole line, in Unix seconds."""
    return next((line.at for text in content.split(b"\n") if (line := _line(text))), None)


def input_types(schema: Mapping[str, pl.DataType]) -> Types:
    """Return the types of the features in a table of predictions."""
    found = schema["input"]
    assert isinstance(found, pl.Struct)  # noqa: S101  `_table` made it
    return {field.name: TEXT if field.dtype == pl.String else NUMBER for field in found.fields}


def together(*several: Types) -> Types:
    """Return the features of all; what is text in one is text, and the project's own are always there."""
    merged = dict(types(SCHEMA))
    for features in several:
        for name, kind in features.items():
            merged[name] = TEXT if TEXT in (kind, merged.get(name)) else NUMBER
    return merged


def union(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Put tables of predictions one below the other, with the features of all."""
    features = together(*(input_types(frame.schema) for frame in frames))
    return pl.concat([conform(frame.lazy(), features).collect() for frame in frames])


def conform(frame: pl.LazyFrame, features: Types) -> pl.LazyFrame:
    """Give a table `COLUMNS`, these features and no others; what an older file lacks is null."""
    schema = frame.collect_schema()
    known, given = input_types(schema), pl.col("input").struct
    columns = [pl.col(name) if name in schema else pl.lit(None, kind).alias(name) for name, kind in COLUMNS.items()]
    fields = [
        given.field(name).cast(kind, strict=False) if name in known else pl.lit(None, kind).alias(name)
        for name, kind in features.items()
    ]
    return frame.select(*columns, pl.struct(fields).alias("input"))


def empty() -> pl.DataFrame:
    """Return the table of no lines."""
    return _table([])


def _line(text: bytes) -> Line | None:
    try:
        line = decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return line if 0 <= line.at < LATEST else None


def _table(lines: list[Line]) -> pl.DataFrame:
    _upgrade(lines)
    columns = {
        "id": [line.id for line in lines],
        "at": [round(1e6 * line.at) for line in lines],
        "model": [line.model for line in lines],
        "role": [line.role for line in lines],
        "score": [line.score for line in lines],
        "ms": [line.ms for line in lines],
        "cpu_ms": [line.cpu_ms for line in lines],
        "key": [line.key for line in lines],
    }
    frame = pl.DataFrame(columns, schema={**COLUMNS, "at": pl.Int64()}).with_columns(pl.col("at").cast(COLUMNS["at"]))
    features = dict(types(SCHEMA))
    for line in lines:
        for name, value in line.input.items():
            if isinstance(value, str):
                features[name] = TEXT
            elif value is not None:
                features.setdefault(name, NUMBER)
    inputs = pl.DataFrame({name: _column(lines, name, kind) for name, kind in features.items()}, schema=features)
    return frame.with_columns(inputs.to_struct("input"))


def _column(lines: list[Line], name: str, kind: pl.DataType) -> list[float | str | None]:
    values = [line.input.get(name) for line in lines]
    return values if kind == NUMBER else [value if value is None else str(value) for value in values]


def _upgrade(lines: list[Line]) -> None:
    """Bring lines of before pseudonyms to today's form."""
    old = [line for line in lines if line.role is None]
    if not old:
        return
    hashed = pseudonym.hasher()
    for line in old:
        line.role = "champion"
        line.key = None if line.key is None else hashed(line.key)
        line.input.pop(SCHEMA.identifier or "", None)
