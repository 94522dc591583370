"""Scores decoded rows. A few rows have a path of their own, with the same matrix as `Encoder.matrix`."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from msgspec.structs import astuple
from numpy.typing import NDArray

from ... import features
from ..bundle import Bundle

FEW = 200  # rows that the event loop scores by itself, in half a millisecond; more would hold up other requests


class Scorer:
    """Turns rows of `Requests` into scores of one model.

    `FEW` rows or less are written into one matrix that is made once: score them from one thread only.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._encoder = bundle.encoder  # refuses a model of another features.py
        names = self._encoder.schema.names
        self._width = len(names)
        self._matrix = np.zeros((FEW, len(self._encoder.names)), np.float32)
        self._columns = cache(self._views)
        self._derived = tuple(enumerate(self._encoder.names))[self._width :]
        self._codes: tuple[tuple[int, dict[str | None, float]], ...] = tuple(
            (
                names.index(column.name),
                {None: np.nan, **{name: float(at) for at, name in enumerate(column.categories)}},
            )
            for column in self._encoder.schema.categorical
        )
        self._waiting: list[tuple[Any, asyncio.Future[float]]] = []

    def few(self, rows: Sequence[Any]) -> NDArray[np.float32]:
        """Encode at most `FEW` rows: float32, (rows, features). The next call overwrites it."""
        table = [list(astuple(row)[: self._width]) for row in rows]
        for position, codes in self._codes:
            for cells in table:
                cells[position] = codes[cells[position]]
        matrix = self._matrix[: len(rows)]
        matrix[:, : self._width] = table  # numpy turns None into NaN
        derived = features.derive(self._columns(len(rows)))
        for position, name in self._derived:
            matrix[:, position] = derived[name]
        return matrix

    def many(self, rows: Sequence[Any]) -> NDArray[np.float32]:
        """Encode any number of rows: float32, (rows, features)."""
        columns = zip(*map(astuple, rows), strict=True)  # the key, where there is one, comes last
        names = self._encoder.schema.names
        return self._encoder.matrix(dict(zip(names, columns, strict=False)))

    def score(self, rows: Sequence[Any]) -> list[float]:
        """Score rows here and now."""
        if not rows:
            return []
        scores: list[float] = self._bundle.score((self.few if len(rows) <= FEW else self.many)(rows)).tolist()
        return scores

    async def scores(self, rows: Sequence[Any]) -> list[float]:
        """Score rows from the event loop; many of them on another thread, as they would hold up other requests."""
        if len(rows) > FEW:
            return await asyncio.to_thread(self.score, rows)
        return self.score(rows)

    async def gathered(self, row: Any) -> float:
        """Score a row together with those of other requests that came in the same turn of the event loop.

        Nobody waits for more to come. Under load a call of the model costs less than half as much for each row.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._score_waiting)
        answer: asyncio.Future[float] = loop.create_future()
        self._waiting.append((row, answer))
        return await answer

    def _score_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), FEW):
            part = waiting[start : start + FEW]
            try:
                scores = self.score([row for row, _ in part])
            except Exception:  # whatever the model raises: only the row that it fails on is to suffer
                self._score_apart(part)
                continue
            for (_, answer), score in zip(part, scores, strict=True):
                if not answer.done():
                    answer.set_result(score)

    def _score_apart(self, waiting: Sequence[tuple[Any, asyncio.Future[float]]]) -> None:
        for row, answer in waiting:
            if answer.done():
                continue
            try:
                answer.set_result(self.score([row])[0])
            except Exception as error:  # the request raises it
                answer.set_exception(error)

    def _views(self, count: int) -> Mapping[str, NDArray[np.float32]]:
        return {name: self._matrix[:count, at] for at, name in enumerate(self._encoder.schema.names)}
