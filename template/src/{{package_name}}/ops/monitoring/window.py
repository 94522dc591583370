"""The rows that are looked at, and the reference that they are held against."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .. import bundle, release, storage, tables
from ..columns import Numeric, Schema
from ..errors import ProjectError
from ..profile import Profile
from ..stages import STAGES


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


@dataclass(frozen=True)
class Window:
    """Rows that are looked at: a column for each feature, and the scores, where a model gave them.

    `live` rows are what the service answered: findings on them raise alerts, findings on others are for the reader.
    """

    frame: pl.DataFrame
    title: str
    schema: Schema
    scores: NDArray[np.float32] | None = None
    live: bool = False

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def features(self) -> pl.DataFrame:
        """The features in the types of the schema; what does not fit is null, a missing column all null."""
        return self.frame.select(
            (pl.col(column.name) if column.name in self.frame.columns else pl.lit(None))
            .cast(pl.Float64 if isinstance(column, Numeric) else pl.String, strict=False)
            .alias(column.name)
            for column in self.schema.features
        )

    def matrix(self, model: bundle.Bundle) -> NDArray[np.float32]:
        """Encode the window as the model sees it: float32, (rows, features)."""
        return model.own_encoder.stack(tables.encoded(self.features, self.schema))
