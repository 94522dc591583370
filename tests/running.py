"""Runs rendered projects as a user would: their Make targets, and their service on a free port."""

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# PYTEST_ADDOPTS for `make check` where the test runs the pipeline for real: the own test of a project takes minutes.
WITHOUT_PIPELINE = "--deselect tests/test_pipeline.py::test_the_pipeline_runs_skips_retrains_and_loses"


def free_port() -> int:
    """Ask the OS for a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# What a test run must not hand on: an environment of its own, and what make tells the makes below it.
PRIVATE = ("VIRTUAL_ENV", "PYTHONPATH", "CI", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKE_TERMOUT", "MAKE_TERMERR")


def outside() -> dict[str, str]:
    """The environment of a user's shell, whoever started the tests."""
    return {name: value for name, value in os.environ.items() if name not in PRIVATE}


def run(project: Path, *command: str, status: int = 0, **environment: str) -> str:
    """Run a command in a project as a user would; return all that it prints."""
    done = subprocess.run(
        command,
        cwd=project,
        env={**outside(), "OMP_NUM_THREADS": "1", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=2400,
    )
    assert done.returncode == status, f"{' '.join(command)} ended with {done.returncode}\n{done.stdout[-6000:]}"
    return done.stdout


def make(project: Path, *words: str, status: int = 0, **environment: str) -> str:
    return run(project, "make", "--no-print-directory", *words, status=status, **environment)


def ask(url: str, body: object = None) -> Any:
    """Read JSON from a service, or post a body to it first."""
    content = json.dumps(body).encode() if body is not None else None
    with urllib.request.urlopen(urllib.request.Request(url, data=content), timeout=10) as answer:
        return json.load(answer)


@contextmanager
def service(project: Path, *words: str, **environment: str) -> Iterator[str]:
    """Run `make serve` on a free port until the block ends, and give its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    own = {**outside(), "SERVING__PORT": str(port), "SERVING__POLL_SECONDS": "0.2", **environment}
    process = subprocess.Popen(["make", "serve", *words], cwd=project, env=own, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                ask(f"{url}/health")
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, "the service did not come up"
                time.sleep(0.2)
        yield url
    finally:
        os.killpg(process.pid, 15)
        process.wait(timeout=30)


def example(project: Path) -> dict[str, Any]:
    """A row that the released model was packaged with."""
    current = json.loads((project / "artifacts/serving/production/current.json").read_text())
    sample = json.loads((project / "artifacts/serving/production" / current["path"] / "sample.json").read_text())
    row: dict[str, Any] = sample["rows"][0]
    return row


def wait_for_version(url: str, number: int) -> None:
    deadline = time.monotonic() + 20
    while ask(f"{url}/version")["model"]["version"] != number:
        assert time.monotonic() < deadline, f"the service did not take up version {number}"
        time.sleep(0.1)
