"""Saves a project's released model for MLflow, in two ways: `save_mlflow.py BUNDLE SRC PACKAGE TARGET`.

`TARGET/rows` takes named columns and does what the service does: it encodes the row, then scores it. `TARGET/matrix`
is the bare ONNX model, for rows that the client has encoded already.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import mlflow.onnx
import mlflow.pyfunc
import numpy as np
import onnx
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema, TensorSpec


class Rows(mlflow.pyfunc.PythonModel):
    """Encodes a data frame by the project's own code and scores it."""

    def __init__(self, package: str) -> None:
        self.package = package

    def load_context(self, context: Any) -> None:
        """Load the bundle."""
        loaded = import_module(f"{self.package}.ops.bundle").load(context.artifacts["bundle"])
        self.score, self.encoder = loaded.score, loaded.encoder

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        """Return the probability of class 1 for each row."""
        columns = {name: model_input[name].tolist() for name in self.encoder.schema.names}
        return self.score(self.encoder.matrix(columns))


source, code, package, target = sys.argv[1:]
sys.path.insert(0, code)
loaded = import_module(f"{package}.ops.bundle").load(source)
schema = loaded.manifest.schema
numeric = {column.name for column in schema.numeric}
named = [
    ColSpec("double" if column.name in numeric else "string", column.name, required=not column.nullable)
    for column in schema.features
]
mlflow.pyfunc.save_model(
    f"{target}/rows",
    python_model=Rows(package),
    artifacts={"bundle": source},
    code_paths=[f"{code}/{package}"],
    signature=ModelSignature(inputs=Schema(named)),
    pip_requirements=[],  # it is served by the environment that this script runs in
)
tensor = TensorSpec(np.dtype(np.float32), (-1, len(loaded.manifest.feature_names)), "features")
mlflow.onnx.save_model(
    onnx.load(str(Path(source) / "model.onnx")),
    f"{target}/matrix",
    signature=ModelSignature(inputs=Schema([tensor])),
    pip_requirements=[],
    onnx_session_options={"intra_op_num_threads": 1},
)
