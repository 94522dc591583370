"""Fills in the data card from the rows of this run; what only people know stands in [data_card] of settings.toml."""

import msgspec
import polars as pl

from ..schema import SCHEMA
from . import lineage, storage
from .columns import Categorical, Column, Numeric, Schema
from .dataset import Data, SplitSettings
from .settings import Section
from .templating import environment

MOSTLY = 0.5  # a column that is missing more often is named
SMALL = 100  # so many rows of a group and their label rate is known to about ten points
SHOWN = 4  # categories of a column


class DataCardSettings(Section, table="data_card"):
    """What no run can know about the data."""

    purpose: str = "Not stated yet: say in [data_card] of settings.toml what the data may be used for."
    not_for: str = "Any use that is not stated above."
    owner: str = "Not stated yet."
    collection: str = "Not stated yet: who gathered it, where, how, from whom."
    consent: str = "Not stated yet: on which legal ground, and what people were told."
    retention: str = "Not stated yet."
    limits: str = "Not stated yet: whom it leaves out, what it measures badly."


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """A column: what the schema allows, and what the rows hold."""

    name: str
    description: str
    allowed: str
    missing: float
    found: str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the rows: a split, or a group of a sensitive column. The rate is that of class 1, of known labels."""

    name: str
    rows: int
    rate: float | None
    since: str = ""
    until: str = ""
    sha256: str = ""


def url() -> str:
    """Return where the card is kept."""
    return storage.url("data-card", "card.md")


def write(train: pl.DataFrame, test: pl.DataFrame, schema: Schema = SCHEMA) -> str:
    """Write `card.md` of the validated data and its splits, and return where it is."""
    frame = _rows(schema)
    data = storage.read_json(storage.url("data", "data.json"), Data)
    text = (
        environment()
        .get_template("data_card.md")
        .render(
            data=data,
            schema=schema,
            words=DataCardSettings.load(),
            split=SplitSettings.load(),
            commit=lineage.commit(),
            whole=_part("all", frame, schema),
            splits=[_split("train", train, schema), _split("test", test, schema)],
            columns=[_describe(column, frame) for column in schema.features],
            groups=[(column.name, _groups(column, frame, schema)) for column in schema.sensitive],
            rules=_rules(schema),
            noticed=_noticed(frame, schema),
            small=SMALL,
        )
    )
    storage.write_bytes(url(), text.encode())
    return url()


def find(data_version: str) -> bytes | None:
    """Return the card of a data version, or None where the card is another's or there is none."""
    content = storage.find_bytes(url())
    return content if content is not None and data_version.encode() in content else None


def _rows(schema: Schema) -> pl.DataFrame:
    frame = storage.read_table(storage.url("data", "raw.parquet"))
    texts = [column.name for column in (*schema.categorical, *schema.sensitive)]
    return frame.with_columns(pl.col(texts).cast(pl.String), pl.col(schema.target).cast(pl.Float64))


def _part(name: str, frame: pl.DataFrame, schema: Schema) -> Part:
    labels = frame[schema.target].drop_nulls()
    time = frame[schema.time] if schema.time else None
    return Part(
        name=name,
        rows=len(frame),
        rate=float(labels.mean()) if len(labels) else None,  # type: ignore[arg-type]
        since="" if time is None else str(time.min()),
        until="" if time is None else str(time.max()),
    )


def _split(name: str, frame: pl.DataFrame, schema: Schema) -> Part:
    content = storage.read_bytes(storage.url("data", f"{name}.parquet"))
    return msgspec.structs.replace(_part(name, frame, schema), sha256=storage.checksum(content))


def _groups(column: Categorical, frame: pl.DataFrame, schema: Schema) -> list[Part]:
    values = frame[column.name].fill_null("missing")
    names = [*column.categories, *(["missing"] if frame[column.name].null_count() else [])]
    return [_part(name, frame.filter(values == name), schema) for name in names]


def _describe(column: Column, frame: pl.DataFrame) -> Described:
    values = frame[column.name]
    known = values.drop_nulls()
    if isinstance(column, Numeric):
        kind, found = _range(column), ""
        if len(known):
            low, middle, high = (float(value) for value in (known.min(), known.median(), known.max()))  # type: ignore[arg-type]
            found = f"{low:,g} to {high:,g}, median {middle:,g}"
    else:
        kind = f"{len(column.categories)} categories"
        counts = known.value_counts(sort=True).head(SHOWN).rows()
        found = ", ".join(f"{category} {count / len(known):.0%}" for category, count in counts)
        if known.n_unique() > SHOWN:
            found += ", ..."
    return Described(
        name=column.name,
        description=column.description,
        allowed=f"{kind}, may be missing" if column.nullable else kind,
        missing=values.null_count() / max(len(values), 1),
        found=found,
    )


def _range(column: Numeric) -> str:
    kind = "whole number" if column.integer else "number"
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        return f"{kind}, {low:,g} to {high:,g}"
    if low is not None:
        return f"{kind}, from {low:,g} on"
    return kind if high is None else f"{kind}, up to {high:,g}"


def _rules(schema: Schema) -> list[str]:
    """The rules that every row of a card keeps: the step before has stopped at any other."""
    columns = (*schema.features, *schema.sensitive)
    numeric, texts = len(schema.numeric), len(columns) - len(schema.numeric)
    bounded = sum(column.minimum is not None or column.maximum is not None for column in schema.numeric)
    required = sum(not column.nullable for column in columns)
    rules = [
        f"each of the {len(columns)} columns is there, in its type",
        f"{numeric} columns hold finite numbers, {bounded} of them within a range",
        f"{texts} columns hold only the categories of the schema",
        f"{required} columns are never missing",
        f"`{schema.target}` is 0, 1 or not known yet",
    ]
    return [*rules, f"`{schema.identifier}` is unique"] if schema.identifier else rules


def _noticed(frame: pl.DataFrame, schema: Schema) -> list[str]:
    """What breaks no rule and is worth a look."""
    noticed = []
    for column in schema.features:
        values = frame[column.name]
        missing = values.null_count() / max(len(values), 1)
        if missing > MOSTLY:
            noticed.append(f"`{column.name}` is missing in {missing:.0%} of rows.")
        if values.drop_nulls().n_unique() < 2:
            noticed.append(f"`{column.name}` holds one value only, so no model can use it.")
        elif isinstance(column, Categorical):
            unseen = [category for category in column.categories if category not in set(values.unique())]
            if unseen:
                noticed.append(f"`{column.name}` never holds {', '.join(unseen)}.")
    twice = int(frame.select(schema.names).is_duplicated().sum())
    if twice:
        noticed.append(f"{twice:,} rows equal another one in every feature.")
    if schema.time:
        days = frame[schema.time].dt.date().unique().sort()
        empty = (days[-1] - days[0]).days + 1 - len(days)
        if empty:
            noticed.append(f"{empty:,} days between the first row and the last have none.")
    return noticed
