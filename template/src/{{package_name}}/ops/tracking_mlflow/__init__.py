"""Keeps runs and models in MLflow: a database below `storage.root`, or the server in MLFLOW_TRACKING_URI."""

from .registry import MlflowRegistry
from .tracker import MlflowTracker

__all__ = ["MlflowRegistry", "MlflowTracker"]
