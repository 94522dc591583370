"""The rows that are looked at, and the reference that they are held against."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, Self, TypeVar, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .. import bundle, release, storage, tables
from ..columns import Numeric, Schema
from ..encoding import Columns
from ..errors import ProjectError
from ..profile import Profile
from ..stages import STAGES
from .files import SLICE


@dataclass(frozen=True)
class Reference:
    """The released model, and what data looked like to it then.

    `shared` holds tables that several checks of one look need, by name, so that each is read once.
    """

    version: int
    model: bundle.Bundle
    profile: Profile
    shared: dict[str, pl.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    @property
    def schema(self) -> Schema:
        """The schema that travels with the model."""
        return self.model.manifest.schema

    @classmethod
    def released(cls) -> "Reference":
        """Read the model that users meet. Raises ProjectError when none is released."""
        stage = STAGES[-1]
        record = release.current(stage)
        if record is None:
            raise ProjectError(
                f"No model is released to {stage}: run `make promote` first, so that there is something to watch."
            )
        model = bundle.load(release.current_url(stage))
        url = f"{release.current_url(stage)}/{bundle.PROFILE}"
        return cls(record.version, model, storage.read_json(url, Profile))


@dataclass(frozen=True, eq=False)
class Rows:
    """So many rows as fit into memory: what came, and as the model of the reference sees it. Each is made once.

    `logged` are the scores that the service gave, where it did.
    """

    frame: pl.DataFrame
    reference: Reference
    logged: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def features(self) -> pl.DataFrame:
        """The features in the types of the schema; what does not fit is null, a missing column all null."""
        return self.frame.select(
            (pl.col(column.name) if column.name in self.frame.columns else pl.repeat(None, pl.len()))
            .cast(pl.Float64 if isinstance(column, Numeric) else pl.String, strict=False)
            .alias(column.name)
            for column in self.reference.schema.features
        )

    @cached_property
    def columns(self) -> Columns:
        """The columns that the model sees, derived ones too: float32, NaN where a value is missing or unseen."""
        encoder = self.reference.model.own_encoder
        return encoder.complete(tables.encoded(self.features, self.reference.schema))

    @cached_property
    def matrix(self) -> NDArray[np.float32]:
        """The same as one matrix: float32, (rows, features)."""
        return np.column_stack(list(self.columns.values()))

    @cached_property
    def scores(self) -> NDArray[np.float32]:
        """The scores that the service gave, or those of the model where no service did."""
        return self.reference.model.score(self.matrix) if self.logged is None else self.logged


class Countable(Protocol):
    """What is counted of some rows. Counts of two lots of rows add up to those of all."""

    def __add__(self, other: Self, /) -> Self:
        """Return the counts of both."""
        ...


Counts = TypeVar("Counts", bound=Countable)
Counter = Callable[[Rows], Counts]
Part = tuple[pl.DataFrame, NDArray[np.float32] | None]


@dataclass(frozen=True, eq=False)
class Window:
    """Rows that are looked at, read part by part, so that there may be more of them than fit into memory.

    `parts` reads them from the first on, each time anew: a column for each feature, and the scores where a service gave
    them (`scored`); it gives at least one part, if need be without rows. `live` rows are what the service answered:
    findings on them raise alerts, findings on others are for the reader.
    """

    parts: Callable[[], Iterable[Part]]
    size: int
    title: str
    scored: bool = False
    live: bool = False
    counted: dict[Counter[Any], tuple[Reference, Any]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(
        cls, frame: pl.DataFrame, title: str, scores: NDArray[np.float32] | None = None, live: bool = False
    ) -> "Window":
        """Make a window of rows that are in memory."""

        def parts() -> Iterator[Part]:
            for start in range(0, max(len(frame), 1), SLICE):
                yield frame.slice(start, SLICE), None if scores is None else scores[start : start + SLICE]

        return cls(parts, len(frame), title, scores is not None, live)

    def __len__(self) -> int:
        return self.size

    def slices(self, reference: Reference) -> Iterator[Rows]:
        """Go through the rows."""
        for frame, scores in self.parts():
            yield Rows(frame, reference, scores)

    def count(self, counters: Iterable[Counter[Any]], reference: Reference) -> None:
        """Count for several counters in one pass over the rows; what was counted before is kept."""
        wanted = [one for one in dict.fromkeys(counters) if self._known(one, reference) is None]
        totals: dict[Counter[Any], Any] = {}
        for rows in self.slices(reference) if wanted else ():
            for one in wanted:
                found = one(rows)
                totals[one] = totals[one] + found if one in totals else found
        self.counted.update({one: (reference, total) for one, total in totals.items()})

    def counts(self, counter: Counter[Counts], reference: Reference) -> Counts:
        """Return what a counter found in all rows."""
        self.count([counter], reference)
        return cast(Counts, self._known(counter, reference))

    def take(self, positions: NDArray[np.int64], reference: Reference) -> Rows:
        """Return the rows at these positions, which ascend."""
        frames, scores, start = [], [], 0
        for rows in self.slices(reference):
            inside = positions[slice(*np.searchsorted(positions, (start, start + len(rows))))] - start
            frames.append(rows.frame[inside])
            if rows.logged is not None:
                scores.append(rows.logged[inside])
            start += len(rows)
        return Rows(pl.concat(frames), reference, np.concatenate(scores) if self.scored else None)

    def _known(self, counter: Counter[Any], reference: Reference) -> Any:
        known = self.counted.get(counter)
        return known[1] if known is not None and known[0] is reference else None
