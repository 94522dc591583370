"""Scores decoded rows. One row has a path of its own, with the same matrix as `Encoder.matrix`."""

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec.structs import astuple
from numpy.typing import NDArray

from ... import features
from ..bundle import Bundle

IN_THREAD = 50  # rows


class Scorer:
    """Turns rows of `Requests` into scores of one model.

    `row` and `score_row` write into one matrix that is made once: call them from one thread only.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._encoder = bundle.encoder  # refuses a model of another features.py
        names = self._encoder.schema.names
        self._width = len(names)
        self._matrix = np.zeros((1, len(self._encoder.names)), np.float32)
        self._cells = self._matrix[0, : self._width]
        self._columns = {name: self._matrix[0, position : position + 1] for position, name in enumerate(names)}
        self._derived = tuple(enumerate(self._encoder.names))[self._width :]
        self._codes: tuple[tuple[int, dict[str | None, float]], ...] = tuple(
            (
                names.index(column.name),
                {None: np.nan, **{name: float(at) for at, name in enumerate(column.categories)}},
            )
            for column in self._encoder.schema.categorical
        )

    def row(self, row: Any) -> NDArray[np.float32]:
        """Encode one row: float32, (1, features). The next call overwrites it."""
        cells = list(astuple(row)[: self._width])
        for position, codes in self._codes:
            cells[position] = codes[cells[position]]
        self._cells[:] = cells  # numpy turns None into NaN
        derived = features.derive(self._columns)
        for position, name in self._derived:
            self._matrix[0, position] = derived[name][0]
        return self._matrix

    def rows(self, rows: Sequence[Any]) -> NDArray[np.float32]:
        """Encode many rows: float32, (rows, features)."""
        columns = zip(*map(astuple, rows), strict=True)  # the key, where there is one, comes last
        names = self._encoder.schema.names
        return self._encoder.matrix(dict(zip(names, columns, strict=False)))

    def score_row(self, row: Any) -> float:
        """Score one row."""
        return float(self._bundle.score(self.row(row))[0])

    async def scores(self, rows: Sequence[Any]) -> list[float]:
        """Score rows from the event loop; many of them on another thread, as they would hold up other requests."""
        if len(rows) == 1:
            return [self.score_row(rows[0])]
        if len(rows) > IN_THREAD:
            return await asyncio.to_thread(self.score_rows, rows)
        return self.score_rows(rows)

    def score_rows(self, rows: Sequence[Any]) -> list[float]:
        """Score many rows."""
        scores: list[float] = self._bundle.score(self.rows(rows)).tolist() if rows else []
        return scores
