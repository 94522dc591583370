"""The words that `schema.py` is written in.

The schema travels with the model, so that the service checks input by it.
"""

from typing import Annotated

import msgspec


class Numeric(msgspec.Struct, frozen=True, tag="numeric", kw_only=True, omit_defaults=True):
    """A number. `minimum` and `maximum` are inclusive; values outside are an error, not clipped."""

    name: str
    minimum: float | None = None
    maximum: float | None = None
    integer: bool = False
    nullable: bool = False
    description: str = ""


class Categorical(msgspec.Struct, frozen=True, tag="categorical", kw_only=True, omit_defaults=True):
    """A text with a fixed list of values. Their order is the encoding: append, never reorder."""

    name: str
    categories: tuple[str, ...]
    nullable: bool = False
    description: str = ""


Column = Numeric | Categorical


class Schema(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the data looks like.

    `features`: what the model sees, in this order.
    `target`: 0 or 1, null while the label is not known yet.
    `identifier`, `time`: the columns that name a row and say when it happened, if there are any.
    `sensitive`: columns that the model must not see and that fairness is measured by.
    `slices`: names of categorical columns (features or sensitive) that the metrics are reported by.
    """

    target: str
    features: tuple[Annotated[Column, msgspec.Meta(description="model inputs")], ...]
    identifier: str | None = None
    time: str | None = None
    sensitive: tuple[Categorical, ...] = ()
    slices: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features, in order."""
        return tuple(column.name for column in self.features)

    @property
    def numeric(self) -> tuple[Numeric, ...]:
        """The numeric features, in order."""
        return tuple(column for column in self.features if isinstance(column, Numeric))

    @property
    def categorical(self) -> tuple[Categorical, ...]:
        """The categorical features, in order."""
        return tuple(column for column in self.features if isinstance(column, Categorical))
