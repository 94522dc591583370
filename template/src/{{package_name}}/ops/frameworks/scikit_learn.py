"""Fits scikit-learn classifiers and turns them into ONNX."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType

from ..bundle import INPUT
from ..errors import ProjectError
from . import Exported, Range

NAME = "scikit-learn"
LIBRARIES = ("numpy", "scikit-learn", "skl2onnx", "onnx", "onnxruntime")
OPSET = 18  # the newest that skl2onnx 1.18 and ONNX Runtime 1.17 both know

SPACE: Mapping[str, Range] = {
    "learning_rate": Range(0.02, 0.3, log=True),
    "max_iter": Range(50, 400),
    "max_leaf_nodes": Range(7, 63, log=True),
    "min_samples_leaf": Range(10, 200, log=True),
    "l2_regularization": Range(1e-3, 10.0, log=True),
}


def fit(model: Any, matrix: NDArray[np.float32], target: NDArray[np.int8]) -> Any:
    """Fit a model and return it."""
    try:
        return model.fit(matrix, target)
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise ProjectError(
            f"The model cannot be fitted ({reason}): check model.py and [model] in settings.toml."
        ) from error


def predict(model: Any, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probability of class 1 for each row, by the native model."""
    probabilities: NDArray[np.float64] = model.predict_proba(matrix)[:, 1]
    return probabilities


def export(model: Any, width: int) -> Exported:
    """Turn a fitted model of `width` features into ONNX, equal bytes for an equal model.

    skl2onnx 1.20 exports `categorical_features` of histogram gradient boosting wrongly and without a word; the
    comparison of scores that follows every export refuses such a model.
    """
    try:
        proto = to_onnx(
            model,
            initial_types=[(INPUT, FloatTensorType([None, width]))],
            options={id(model): {"zipmap": False}},
            target_opset=OPSET,
        )
    except Exception as error:  # skl2onnx raises its own, ONNX's and plain errors
        reason = str(error).splitlines()[0]
        raise ProjectError(
            f"skl2onnx cannot export the model of model.py ({reason}): choose an estimator that it supports."
        ) from error
    proto.graph.name = NAME  # a pipeline's graph is named by chance
    return Exported(proto.SerializeToString(deterministic=True), proto.graph.output[-1].name)
