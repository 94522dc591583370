"""Object stores: a project whose steps read and write a bucket, on emulators of the three clouds' stores."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from running import free_port, make, run, service

pytestmark = pytest.mark.slow

# Azurite's one account; its key is printed in the public manual and opens nothing but an emulator.
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
AZURITE = ("--disableTelemetry", "--skipApiVersionCheck")
GCS = ("gcp-storage-emulator", "gcp-storage-emulator", "start", "-M")
TOOLS = ("uv", "tool", "run", "--quiet", "--from")


@dataclass
class Store:
    """An emulator: the command that starts it on a port, what a project is told, and what makes the bucket."""

    root: str
    library: str
    command: tuple[str, ...]
    environment: dict[str, str]
    bucket: str
    needs: str = "uv"


def stores(port: int) -> dict[str, Store]:
    url = f"http://127.0.0.1:{port}"
    return {
        "s3": Store(
            "s3://models/risk",
            "s3fs",
            (*TOOLS, "moto[server]", "moto_server", "--host", "127.0.0.1", "--port", str(port)),
            {
                "AWS_ENDPOINT_URL": url,
                "AWS_ACCESS_KEY_ID": "testing",
                "AWS_SECRET_ACCESS_KEY": "testing",
                "AWS_DEFAULT_REGION": "us-east-1",
            },
            "import s3fs; s3fs.S3FileSystem().mkdir('models')",
        ),
        "gs": Store(
            "gs://models/risk",
            "gcsfs",
            (*TOOLS, *GCS, "-H", "127.0.0.1", "--port", str(port), "--default-bucket", "models"),
            {
                "STORAGE_EMULATOR_HOST": url,
                "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",  # or it tries gRPC for a minute
                "GOOGLE_CLOUD_PROJECT": "test",
            },
            "pass",
        ),
        "az": Store(
            "az://models/risk",
            "adlfs",
            ("azurite-blob", *f"--blobPort {port} --inMemoryPersistence --silent".split(), *AZURITE),
            {
                "AZURE_STORAGE_CONNECTION_STRING": "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
                f"AccountKey={AZURE_KEY};BlobEndpoint={url}/devstoreaccount1;"
            },
            "import adlfs, os; adlfs.AzureBlobFileSystem("
            "connection_string=os.environ['AZURE_STORAGE_CONNECTION_STRING']).mkdir('models')",
            needs="azurite-blob",
        ),
    }


@contextmanager
def emulator(store: Store, port: int, folder: Path) -> Iterator[None]:
    """Run an emulator until the block ends."""
    log = folder / "emulator.log"
    with log.open("w") as output:
        process = subprocess.Popen(store.command, stdout=output, stderr=output, cwd=folder, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while subprocess.run([sys.executable, "-c", PROBE, str(port)], check=False).returncode:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-2000:]
            time.sleep(0.2)
        yield
    finally:
        os.killpg(process.pid, 15)
        process.wait(timeout=30)


PROBE = "import socket, sys; sys.exit(socket.socket().connect_ex(('127.0.0.1', int(sys.argv[1]))) != 0)"


@pytest.mark.parametrize("kind", ["s3", "gs", "az"])
def test_a_model_lives_its_life_in_a_bucket(kind: str, ready: Callable[[str], Path], tmp_path: Path) -> None:
    """Data, model, release, prediction log and findings: all lie in the bucket, and none in a local folder."""
    port = free_port()
    store = stores(port)[kind]
    if shutil.which(store.needs) is None:
        pytest.skip(f"{store.needs} is not installed, so there is no store to try")
    project = tmp_path / "project"
    shutil.copytree(ready("pipeline"), project, symlinks=True, ignore=shutil.ignore_patterns("artifacts", ".venv"))
    make(project, "setup")
    with_library = f"RUN=uv run --no-sync --with {store.library}"  # as `uv add` would, and without a lasting change
    environment: dict[str, Any] = {
        **store.environment,
        "STORAGE__ROOT": store.root,
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db",
        "SPLIT__TRAIN_DAYS": "365",
    }

    def ours(*words: str) -> str:
        return run(project, "uv", "run", "--no-sync", "--with", store.library, "python", *words, **environment)

    with emulator(store, port, tmp_path):
        ours("-c", store.bucket)
        assert "Gate open" in make(project, "retrain", with_library, **environment)
        with service(project, with_library, **environment) as url:
            ours("-m", "credit_risk", "traffic", "--url", url, "--rows", "800")
        assert "data_drift" in make(project, "monitor", with_library, "ARGS=--rows 800", **environment)
        listed = ours(
            "-c", f"import fsspec; fs, path = fsspec.url_to_fs('{store.root}'); print(*fs.find(path), sep='\\n')"
        )
    for part in ("data/train.parquet", "candidate/model.onnx", "serving/production/current.json", "monitoring/report"):
        assert part in listed, listed
    assert "predictions" in listed, listed
    assert not (project / "artifacts/candidate").exists()
