"""From columns to the matrix that the model sees: one path for training and serving."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from .columns import Categorical, Schema

Columns = Mapping[str, NDArray[np.float32]]
Derive = Callable[[Columns], Mapping[str, NDArray[np.float32]]]


class Encoder:
    """Encodes rows by a schema.

    Numbers stay as they are; a category becomes its position in the schema's list; null and unseen become NaN.
    `derive` (from `features.py`) adds features computed from these columns.
    """

    def __init__(self, schema: Schema, derive: Derive) -> None:
        self.schema = schema
        self._derive = derive
        self._codes = {
            column.name: {category: float(code) for code, category in enumerate(column.categories)}
            for column in schema.categorical
        }
        probe = derive({name: np.zeros(1, np.float32) for name in schema.names})
        self.names: tuple[str, ...] = (*schema.names, *probe)
        self.categorical: tuple[int, ...] = tuple(
            position for position, column in enumerate(schema.features) if isinstance(column, Categorical)
        )

    def matrix(self, values: Mapping[str, Sequence[object]]) -> NDArray[np.float32]:
        """Encode columns of plain Python values or arrays: float32, (rows, features)."""
        columns: dict[str, NDArray[np.float32]] = {}
        for name in self.schema.names:
            column = values[name]
            codes = self._codes.get(name)
            if codes is not None:
                column = [codes.get(value, np.nan) for value in column]  # type: ignore[call-overload]
            columns[name] = np.asarray(column, dtype=np.float32)
        return self.stack(columns)

    def stack(self, columns: Columns) -> NDArray[np.float32]:
        """Add the derived features to encoded columns and return the matrix: float32, (rows, features)."""
        return np.column_stack(list(self.complete(columns).values()))

    def complete(self, columns: Columns) -> Columns:
        """Add the derived features to encoded columns, all in the order of `names`."""
        every = {**columns, **self._derive(columns)}
        return {name: every[name] for name in self.names}
