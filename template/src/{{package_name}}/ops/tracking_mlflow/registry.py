"""The registry in MLflow: a registered model whose versions are bundles, with its own aliases."""

import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from .. import bundle
from ..lock import lock
from ..registry import Verdict, Version, find
from .connection import NAME, experiment, speaking
from .tracker import exists

RECORD, VERDICT = "record", "verdict"


class MlflowRegistry:
    """Keeps bundles as artifacts of their runs, and what is known of them as tags of the version."""

    def register(self, bundle_url: str, verdict: Verdict | None) -> int:
        """Store a bundle and return its number; the same bundle again keeps its number and takes the new verdict."""
        loaded = bundle.load(bundle_url)
        with lock("registry", wait_seconds=30), speaking() as mlflow:
            same = [v for v in self.versions() if v.digest == loaded.version_digest]
            number = same[0].number if same else _create(mlflow, loaded)
            text = json.dumps(dict(verdict) if verdict is not None else None)
            mlflow.set_model_version_tag(NAME, str(number), VERDICT, text)
        return number

    def versions(self) -> list[Version]:
        """Return all versions, oldest first."""
        with speaking() as mlflow:
            found = mlflow.search_model_versions(f"name='{NAME}'", max_results=1000)
        return sorted(map(_version, found), key=lambda version: version.number)

    def alias(self, name: str) -> int | None:
        """Return the number that a name points to."""
        with speaking() as mlflow:
            number = _aliases(mlflow).get(name)
        return int(number) if number is not None else None

    def set_alias(self, name: str, number: int | None) -> None:
        """Point a name to a version, or to none."""
        with speaking() as mlflow:
            if number is None:
                if name in _aliases(mlflow):
                    mlflow.delete_registered_model_alias(NAME, name)
            else:
                mlflow.set_registered_model_alias(NAME, name, str(find(self, number).number))

    def fetch(self, number: int) -> str:
        """Return the URL of a version's bundle; one on a server is brought to a temporary folder."""
        version = find(self, number)
        with speaking() as mlflow:
            source = str(mlflow.get_model_version_download_uri(NAME, str(version.number)))
            if Path(source).is_dir():
                return source
            target = tempfile.mkdtemp(prefix="bundle-")
            return download_artifacts(artifact_uri=source, dst_path=target, tracking_uri=mlflow.tracking_uri)


def _create(mlflow: MlflowClient, loaded: bundle.Bundle) -> int:
    manifest = loaded.manifest
    run_id = manifest.run_id
    if not exists(mlflow, run_id):
        run_id = mlflow.create_run(experiment(mlflow), run_name="register").info.run_id
    folder = f"bundle-{loaded.version_digest[:12]}"
    with tempfile.TemporaryDirectory() as temporary:
        bundle.save(temporary, manifest, loaded.files)
        mlflow.log_artifacts(run_id, temporary, folder)
    record = {
        "digest": loaded.version_digest,
        "metrics": manifest.metrics,
        "data_version": manifest.data_version,
        "commit": manifest.commit,
        "run_id": manifest.run_id,
    }
    try:
        mlflow.create_registered_model(NAME)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    source = f"{mlflow.get_run(run_id).info.artifact_uri}/{folder}"
    tags = {RECORD: json.dumps(record), VERDICT: "null"}
    return int(mlflow.create_model_version(NAME, source, run_id=run_id, tags=tags).version)


def _version(found: ModelVersion) -> Version:
    record: Mapping[str, Any] = json.loads(found.tags[RECORD])
    created = datetime.fromtimestamp(found.creation_timestamp / 1000, UTC)
    return msgspec.convert(
        {
            **record,
            "number": int(found.version),
            "created_at": created.isoformat(timespec="seconds"),
            "verdict": json.loads(found.tags[VERDICT]),
        },
        Version,
    )


def _aliases(mlflow: MlflowClient) -> Mapping[str, Any]:
    try:
        aliases: Mapping[str, Any] = mlflow.get_registered_model(NAME).aliases
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return {}  # nothing was registered yet
        raise
    return aliases
