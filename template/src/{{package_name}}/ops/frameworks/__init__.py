"""The machine learning library of this project: how a model is fitted, and how it becomes ONNX."""

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any, Protocol, cast

import msgspec
import numpy as np
from numpy.typing import NDArray


class Range(msgspec.Struct, frozen=True):
    """The values of a hyperparameter that tuning tries, inclusive; on a log scale where it spans magnitudes."""

    low: float | int
    high: float | int
    log: bool = False


class Exported(msgspec.Struct, frozen=True):
    """A model as ONNX bytes, and the name of the output that holds the probability of class 1."""

    content: bytes
    output: str


class Framework(Protocol):
    """What each module of this package gives."""

    NAME: str
    LIBRARIES: tuple[str, ...]
    SPACE: Mapping[str, Range]

    def fit(self, model: Any, matrix: NDArray[np.float32], target: NDArray[np.int8]) -> Any:
        """Fit a model and return it."""

    def predict(self, model: Any, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probability of class 1 for each row, by the native model."""

    def export(self, model: Any, width: int) -> Exported:
        """Turn a fitted model of `width` features into ONNX, equal bytes for an equal model."""


def framework() -> Framework:
    """Return the one framework that this project was made with."""
    (module,) = pkgutil.iter_modules(__path__)
    return cast(Framework, importlib.import_module(f"{__name__}.{module.name}"))
