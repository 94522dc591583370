"""The connection to MLflow. Whatever goes wrong with it is told in one sentence."""

import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path

# MLflow retries for minutes by itself; a person at a terminal wants to know now.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from .. import storage
from ..errors import ProjectError
from ..plugins import PACKAGE

logging.getLogger("mlflow").setLevel(logging.WARNING)  # it tells of each table that it makes
logging.getLogger("alembic").setLevel(logging.WARNING)

NAME = PACKAGE.replace("_", "-")


def uri() -> str:
    """Return where MLflow keeps its records. Raises ProjectError where that cannot be a file."""
    given = os.environ.get("MLFLOW_TRACKING_URI")
    if given:
        return given
    root = storage.url("registry")
    if "://" in root:
        raise ProjectError(f"MLflow's database cannot lie in {root}: set MLFLOW_TRACKING_URI to a tracking server.")
    return f"sqlite:///{root}/mlflow.db"


@cache
def client(address: str) -> MlflowClient:
    """Return the client for an address; one for each process, as opening a database takes a second."""
    if address.startswith("sqlite:///"):
        path = Path(address.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(path)) as database:  # MLflow would try for minutes
            database.execute("PRAGMA schema_version")
    return MlflowClient(tracking_uri=address, registry_uri=address)


@contextlib.contextmanager
def speaking() -> Iterator[MlflowClient]:
    """Give the client, and turn every failure of MLflow into a ProjectError."""
    address = uri()
    try:
        yield client(address)
    except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        raise ProjectError(
            f"MLflow at {address} does not do what it was asked ({reason}): "
            "check that it runs, and MLFLOW_TRACKING_URI."
        ) from error


def experiment(mlflow: MlflowClient) -> str:
    """Return the id of this project's experiment, made at first use."""
    found = mlflow.get_experiment_by_name(NAME)
    if found is not None:
        return str(found.experiment_id)
    local = None if os.environ.get("MLFLOW_TRACKING_URI") else storage.url("registry", "mlartifacts")
    return str(mlflow.create_experiment(NAME, artifact_location=local))
