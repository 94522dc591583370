"""Writes what was found about a table as the text of the files that the user owns."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable

import msgspec

from ..columns import Column
from ..errors import ProjectError
from .inference import Findings
from .kinds import group_names

SOURCE = re.compile(r"^\[source\].*?(?=^\[|\Z)", re.MULTILINE | re.DOTALL)
TEST_DAYS = re.compile(r"^(test_days *= *)\d+", re.MULTILINE)


def schema_text(found: Findings) -> str:
    """Return the text of schema.py."""
    schema = found.schema
    columns = (*schema.features, *schema.sensitive)
    kinds = sorted({type(column).__name__ for column in columns})
    roles = {"target": schema.target, "identifier": schema.identifier, "time": schema.time}
    lines = [f"    {role}={name!r}," for role, name in roles.items() if name is not None]
    lines += [f"    features={_calls(schema.features)},"]
    if schema.sensitive:
        lines += [f"    sensitive={_calls(schema.sensitive)},"]
    if schema.slices:
        lines += [f"    slices={schema.slices!r},"]
    body = "\n".join(lines)
    return _formatted(
        f'''"""What the data looks like: types, ranges, categories. Yours: check what `adopt` found.

A value outside of a column's range or list stops the pipeline; the service refuses it.
The ranges are those of the file, and half as much again on each side.
"""

from .ops.columns import {", ".join(kinds)}, Schema

SCHEMA = Schema(
{body}
)
'''
    )


def features_text() -> str:
    """Return the text of features.py: no derived features yet."""
    return '''"""Features computed from the columns, in training and serving alike. Yours.

Write plain numpy on arrays of any length: the service calls it with one row. For example
`return {"a_to_b": columns["a"] / np.maximum(columns["b"], 1)}`.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .ops.encoding import Columns


def derive(columns: Columns) -> Mapping[str, NDArray[np.float32]]:
    """Return the derived features by name; each array is as long as the columns."""
    return {}
'''


def source_text(found: Findings) -> str:
    """Return the text of source.py."""
    constants, steps = _conversions(found)
    return _formatted(
        f'''"""Where rows come from. Yours: change it with your data, see docs/your-data.md."""

import polars as pl

from .ops import storage
from .ops.settings import Section

{constants}
class SourceSettings(Section, table="source"):
    """Where the rows are: a file, a pattern or an fsspec URL, of CSV or Parquet."""

    url: str


def load() -> pl.DataFrame:
    """Return all rows known now. The target is null where it is not known yet."""
    rows = storage.read_tables(SourceSettings.load().url)
{steps}
    # A column that is absent is left to the validate step, which says so.
    present = {{name: change for name, change in changes.items() if name in rows.columns}}
    return rows.with_columns(**present)
'''
    )


def settings_text(text: str, found: Findings, url: str) -> str:
    """Return settings.toml with the new source; the rest stays as it is, comments included."""
    quoted = msgspec.json.encode(url).decode()
    section = f"[source]\nurl = {quoted} # what source.py reads: a file, a pattern or a URL\n\n"
    text, replaced = SOURCE.subn(lambda _: section, text, count=1)
    if not replaced:
        text = f"{text.rstrip()}\n\n{section}"
    if found.test_days is not None:
        text = TEST_DAYS.sub(rf"\g<1>{found.test_days}", text, count=1)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(f"settings.toml is not valid TOML ({error}): mend that line.") from error
    return text


def _conversions(found: Findings) -> tuple[str, str]:
    """Return constants, and lines of `load` that turn the file's columns into the schema's."""
    schema, constants, steps = found.schema, "", ""
    if found.renamed:
        constants += f"RENAMED = {found.renamed!r}\n"
        steps += "    rows = rows.rename(RENAMED, strict=False)\n"
    if found.not_finite:
        steps += "    number = pl.selectors.float()\n"
        steps += "    rows = rows.with_columns(pl.when(number.is_finite()).then(number))\n"
    target = f"pl.col({schema.target!r})"
    if found.classes:
        classes = found.classes | {None: None}
        constants += f"TARGET = {classes!r}  # any other value becomes -1, an error\n"
        kind = "String" if all(isinstance(value, str) for value in found.classes) else "Float64"
        change = f"{target}.cast(pl.{kind})"
        change += ".replace_strict(TARGET, default=-1, return_dtype=pl.Int8)"
    else:
        change = f"{target}.cast(pl.Int8)"
    changes = {schema.target: change}
    changes |= {name: f"pl.col({name!r}).cast(pl.Int8)" for name in found.booleans}
    changes |= {name: f"pl.col({name!r}).cast(pl.Float64, strict=False)" for name in found.numbers_as_text}
    changes |= {name: f"pl.col({name!r}).cast(pl.String)" for name in found.texts}
    changes |= {name: _grouping(name, breaks) for name, breaks in found.groups.items()}
    if found.time_as_text:
        changes[str(schema.time)] = f"pl.col({schema.time!r}).str.to_datetime()"
    steps += "    changes = {\n"
    steps += "".join(f"        {name!r}: {change},\n" for name, change in changes.items()) + "    }"
    return constants, steps


def _calls(columns: Iterable[Column]) -> str:
    return "(\n" + "".join(f"        {_call(column)},\n" for column in columns) + "    )"


def _call(column: Column) -> str:
    values: Iterable[tuple[str, object]] = ((name, getattr(column, name)) for name in type(column).__struct_fields__)
    defaults = {f.name: f.default for f in msgspec.structs.fields(column)}
    arguments = (f"{name}={value!r}" for name, value in values if value != defaults[name])
    return f"{type(column).__name__}({', '.join(arguments)})"


def _grouping(name: str, breaks: list[float]) -> str:
    names, number = group_names(breaks), f"pl.col({name!r})"
    steps = [
        f"when({number} <= {limit!r}).then(pl.lit({group!r}))" for limit, group in zip(breaks, names, strict=False)
    ]
    steps.append(f"when({number} > {breaks[-1]!r}).then(pl.lit({names[-1]!r}))")
    return f"pl.{'.'.join(steps)}"


def _formatted(text: str) -> str:
    """Format code by the project's own rules; without ruff it stays as it is, and as valid."""
    command = [sys.executable, "-m", "ruff", "format", "--quiet", "-"]
    done = subprocess.run(  # noqa: S603 - a fixed command
        command, input=text, capture_output=True, text=True, check=False
    )
    return done.stdout if done.returncode == 0 else text
