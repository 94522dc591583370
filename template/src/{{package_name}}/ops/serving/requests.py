"""Reads requests by the model's own schema: what training would refuse, the service refuses too."""

import re
from typing import Annotated, Any, Literal

import msgspec
import numpy as np

from ..columns import Categorical, Column, Schema

LARGEST = float(np.finfo(np.float32).max)  # the model sees float32, where 1e39 is infinite
SHOWN = 12  # categories named in a sentence

encode = msgspec.json.Encoder().encode

PLACE = re.compile(r"^(?P<problem>.*?)(?: - at `\$(?:\[(?P<row>\d+)\])?(?:\.(?P<name>.+))?`)?$", re.S)
FIELD = re.compile(r"^Object (?P<how>missing required|contains unknown) field `(?P<name>.*)`$", re.S)


class Requests:
    """Decodes bodies for one schema: an object is one row, an array is many.

    A decoded row is a struct with one field for each feature, in the schema's order. Where the schema has an
    identifier, `key` comes last: its value, or None.
    """

    def __init__(self, schema: Schema) -> None:
        self._columns = {column.name: column for column in schema.features}
        self._identifier = schema.identifier
        # A column may have any name ("mean radius"), a struct field may not.
        fields: list[tuple[str, Any] | tuple[str, Any, Any]] = [
            (f"f{position}", _type(column)) for position, column in enumerate(schema.features)
        ]
        names = {f"f{position}": name for position, name in enumerate(schema.names)}
        if schema.identifier is not None:
            fields.append(("key", str | int | None, None))
            names["key"] = schema.identifier
        row: Any = msgspec.defstruct(
            "Row", fields, rename=names, forbid_unknown_fields=True, omit_defaults=True, frozen=True, gc=False
        )
        self.row = row
        # As it stands in a row that holds no backslash. Without an identifier: what stands in no row of one line.
        self._name = b"\n" if schema.identifier is None else encode(schema.identifier)
        self._value = re.compile(re.escape(self._name) + rb'\s*:\s*("[^"]*"|-?[0-9]+|null)').match
        self.decode = msgspec.json.Decoder[Any](row | list[row]).decode

    def apart(self, row: Any, text: bytes | None = None) -> tuple[str | int | None, bytes]:
        """Return the identifier of a decoded row, and the rest of the row in JSON, on one line.

        `text` is the row as it came, where it is at hand: to cut the identifier out is faster than to encode the row.
        """
        key = None if self._identifier is None else row.key
        if text is not None and b"\n" not in text and b"\\" not in text:
            at = text.find(self._name)
            if at < 0:
                return key, text
            found = self._value(text, at)
            if found is not None and text.find(self._name, found.start(1)) < 0:
                return key, b"%bnull%b" % (text[: found.start(1)], text[found.end(1) :])
        return key, encode(row if key is None else msgspec.structs.replace(row, key=None))

    def sentence(self, error: ValueError) -> str:
        """Say what is wrong with a body that `decode` refused, and what to send instead."""
        if not isinstance(error, msgspec.ValidationError):
            return (
                f"The body is not valid JSON ({error}): send an object for one row or an array of "
                "objects, with null for a missing value, as NaN and Infinity are not JSON."
            )
        found = PLACE.match(str(error))
        assert found is not None  # noqa: S101  every part of the pattern may be empty
        problem, name = found["problem"], found["name"]
        where = "Column" if found["row"] is None else f"Row {found['row']}, column"
        field = FIELD.match(problem)
        if field is not None and field["how"] == "missing required":
            wanted = self._expected(field["name"])
            return f"{where} `{field['name']}` is missing: send {wanted}."
        if field is not None:
            return f"{where} `{field['name']}` is not in the model's schema: take it out, or correct its name."
        if name is None:
            return f"{problem}: send an object for one row, or an array of objects."
        problem = problem[0].lower() + problem[1:]
        return f"{where} `{name}`: {problem}; send {self._expected(name)}."

    def _expected(self, name: str) -> str:
        column = self._columns.get(name)
        if column is None:  # the identifier
            return "a text, a whole number or null"
        null = " or null" if column.nullable else ""
        if isinstance(column, Categorical):
            more = ", ..." if len(column.categories) > SHOWN else ""
            return f"one of {', '.join(column.categories[:SHOWN])}{more}{null}"
        kind = "a whole number" if column.integer else "a number"
        low = "" if column.minimum is None else f" from {column.minimum:.12g}"
        high = "" if column.maximum is None else f" up to {column.maximum:.12g}"
        return f"{kind}{low}{high}{null}"


def _type(column: Column) -> Any:
    kind: Any
    if isinstance(column, Categorical):
        kind = Literal[column.categories]
    else:
        low = -LARGEST if column.minimum is None else max(column.minimum, -LARGEST)
        high = LARGEST if column.maximum is None else min(column.maximum, LARGEST)
        step = 1.0 if column.integer else None  # 3.0 is a whole number, and what pandas sends
        kind = Annotated[float, msgspec.Meta(ge=low, le=high, multiple_of=step)]
    return kind | None if column.nullable else kind
