"""What the hand-written services share: the released model, its rows for pydantic, and its score of a data frame.

The environment names the model: `BENCH_BUNDLE`, and the project's code: `BENCH_SOURCE`, `BENCH_PACKAGE`.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, create_model

sys.path.insert(0, os.environ["BENCH_SOURCE"])
model = import_module(f"{os.environ['BENCH_PACKAGE']}.ops.bundle").load(os.environ["BENCH_BUNDLE"])
encoder = model.encoder


def row_model() -> type[BaseModel]:
    """Return the schema as people write it for FastAPI: typed fields, with limits and categories."""
    numeric = {column.name for column in encoder.schema.numeric}
    fields: dict[str, Any] = {}
    for column in encoder.schema.features:
        if column.name in numeric:
            kind, limits = float, Field(ge=column.minimum, le=column.maximum)
        else:
            kind, limits = Literal[column.categories], Field()
        fields[column.name] = (kind | None if column.nullable else kind, limits)
    return create_model("Row", __config__=ConfigDict(extra="forbid"), **fields)


Row: Any = row_model()


def scores(rows: Sequence[BaseModel]) -> list[dict[str, float]]:
    """Score rows by way of a data frame."""
    frame = pd.DataFrame([row.model_dump() for row in rows])
    found = model.score(encoder.matrix({name: frame[name].tolist() for name in encoder.schema.names}))
    return [{"score": float(score)} for score in found]
