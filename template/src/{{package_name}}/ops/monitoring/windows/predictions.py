"""The newest predictions that the released model logged."""

import io
from typing import Any

import fsspec  # type: ignore[import-untyped]
import msgspec
import polars as pl

from ... import storage
from ...columns import Numeric, Schema
from ...stages import STAGES
from ..window import Reference, Window

PREFERENCE = 1
BYTES_PER_ROW = 4_096  # far above a usual line: bounds what is read of a log that has grown for months


def read(reference: Reference, rows: int) -> Window:
    """Read the newest predictions of the model that is released now.

    Those of earlier models are left out: their scores were others, and after a retraining the old evidence must not
    speak against the new model.
    """
    frame, damaged = tail(reference.schema, rows)
    frame = frame.filter(pl.col("model") == reference.version)
    title = f"the newest {len(frame):,} predictions of version {reference.version}"
    if damaged:
        title += f" ({damaged} damaged lines left out)"
    scores = frame["score"].cast(pl.Float32).to_numpy()
    return Window(frame["input"].struct.unnest(), title, reference.schema, scores, live=True)


def tail(schema: Schema, rows: int) -> tuple[pl.DataFrame, int]:
    """Read the newest `rows` lines of all log files, oldest first, and count the damaged lines that were left out.

    Each service process writes a file of its own. The newest come first, until no older file can hold a newer row.
    """
    pattern = storage.url("predictions", STAGES[-1], "*.ndjson")
    filesystem, target = fsspec.core.url_to_fs(pattern)
    files = [(filesystem.modified(path).timestamp(), path) for path in filesystem.glob(target)]
    newest, damaged = _parse(b"", schema)
    for modified, path in sorted(files, reverse=True):
        if len(newest) == rows and modified < float(newest["at"][0]):
            break
        found, bad = _parse(_end(filesystem, path, rows * BYTES_PER_ROW), schema)
        newest, damaged = pl.concat([newest, found]).sort("at").tail(rows), damaged + bad
    return newest, damaged


def _end(filesystem: fsspec.AbstractFileSystem, path: str, limit: int) -> bytes:
    """Read the last whole lines of a file: it is being written to, so the last line may be half there."""
    with filesystem.open(path, "rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - limit))
        content: bytes = file.read(limit)
    start = content.find(b"\n") + 1 if size > limit else 0
    return content[start : content.rfind(b"\n") + 1]


def _parse(lines: bytes, schema: Schema) -> tuple[pl.DataFrame, int]:
    types: dict[str, type[pl.DataType]] = {
        column.name: pl.Float64 if isinstance(column, Numeric) else pl.String for column in schema.features
    }
    log: dict[str, type[pl.DataType] | pl.DataType] = {
        "id": pl.String,
        "key": pl.String,
        "at": pl.Float64,
        "model": pl.Int64,
        "score": pl.Float64,
        "input": pl.Struct(types),
    }
    try:
        return pl.read_ndjson(io.BytesIO(lines), schema=log), 0
    except pl.exceptions.ComputeError:
        # One damaged line (a full disk, a killed machine) makes polars refuse them all: look at each.
        whole = _line_decoder(schema)
        good = [line for line in lines.splitlines() if _decodes(whole, line)]
        damaged = lines.count(b"\n") - len(good)
        return pl.read_ndjson(io.BytesIO(b"\n".join(good)), schema=log), damaged


def _decodes(decoder: msgspec.json.Decoder[msgspec.Struct], line: bytes) -> bool:
    try:
        decoder.decode(line)
    except msgspec.DecodeError:
        return False
    return True


def _line_decoder(schema: Schema) -> msgspec.json.Decoder[msgspec.Struct]:
    # A column may have any name ("mean radius"), a field of a struct may not.
    names = {f"f{position}": name for position, name in enumerate(schema.names)}
    features: list[tuple[str, Any, Any]] = [
        (field, float | None if isinstance(column, Numeric) else str | None, None)
        for field, column in zip(names, schema.features, strict=True)
    ]
    fields: list[tuple[str, Any]] = [
        ("id", str),
        ("key", str | int | None),
        ("at", float),
        ("model", int),
        ("score", float),
        ("input", msgspec.defstruct("Input", features, rename=names)),
    ]
    return msgspec.json.Decoder(msgspec.defstruct("Line", fields))
