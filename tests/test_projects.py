"""Rendered projects, run for real: what a team does on its first days, at every level of the default stack."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rungs.demo import CANCER
from world import commit

pytestmark = pytest.mark.slow

LEVELS = ["manual", "pipeline", "continuous"]
TARGETS = {
    *("setup", "check", "data", "train", "evaluate", "register", "promote", "serve", "monitor"),
    *("pipeline", "retrain", "rollback", "demo", "image", "infra-check", "help"),
}


def run(project: Path, *command: str, status: int = 0, **environment: str) -> str:
    """Run a command in a project as a user would; return all that it prints."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH", "CI")}
    done = subprocess.run(
        command,
        cwd=project,
        env={**inherited, "OMP_NUM_THREADS": "1", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
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
def service(project: Path) -> Iterator[str]:
    """Run `make serve` on a free port until the block ends, and give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "SERVING__PORT": str(port), "SERVING__POLL_SECONDS": "0.2"}
    process = subprocess.Popen(["make", "serve"], cwd=project, env=environment, start_new_session=True)
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


@pytest.fixture(scope="module")
def ready(render: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Render, `make setup` and commit; a level is set up once and shared."""
    done: dict[str, Path] = {}

    def preparing(level: str) -> Path:
        if level not in done:
            folder = tmp_path_factory.mktemp("ready") / "project"
            shutil.copytree(render(level), folder, symlinks=True)
            make(folder, "setup")
            commit(folder, "Render")
            done[level] = folder
        return done[level]

    return preparing


@pytest.mark.parametrize("level", LEVELS)
def test_every_target_has_a_help_line(render: Callable[..., Path], level: str) -> None:
    text = re.sub(r"\x1b\[\d*m", "", make(render(level), "help"))
    assert {line.split()[0] for line in text.splitlines() if len(line.split()) > 1} >= TARGETS


@pytest.mark.parametrize("level", LEVELS)
def test_a_fresh_project_passes_its_own_checks(ready: Callable[[str], Path], level: str) -> None:
    project = ready(level)
    output = make(project, "check", STORAGE__ROOT="artifacts")
    assert "no issues found" in output and "All checks passed" in output, output[-3000:]
    assert not re.search(r"\d+ (failed|error|skipped)", output), output[-3000:]
    assert run(project, "git", "status", "--porcelain") == "", "make check left something behind"


def test_manual_each_step_is_one_command(ready: Callable[[str], Path]) -> None:
    project = ready("manual")
    for target in ("data", "train", "evaluate", "register"):
        make(project, target)
    first = json.loads((project / "artifacts/candidate/manifest.json").read_text())
    make(project, "promote", "ARGS=--yes")
    with service(project) as url:
        answer = ask(f"{url}/predict", example(project))
        assert 0 <= answer["score"] <= 1 and answer["model"] == 1
        with pytest.raises(urllib.error.HTTPError, match="422") as refused:
            ask(f"{url}/predict", {**example(project), "no_such_column": 1})
        assert json.load(refused.value)["error"].endswith(".")
        make(project, "monitor")
        assert "<html" in (project / "artifacts/monitoring/report.html").read_text()
        make(project, "train")
        second = json.loads((project / "artifacts/candidate/manifest.json").read_text())
        assert first["files"]["model.onnx"] == second["files"]["model.onnx"], "two trainings differ"
        make(project, "pipeline", SPLIT__TRAIN_DAYS="300")
        make(project, "promote", "ARGS=--yes")
        wait_for_version(url, 2)
        make(project, "rollback")
        wait_for_version(url, 1)
    assert "<html" in (project / "artifacts/evaluation/report.html").read_text()


def wait_for_version(url: str, number: int) -> None:
    deadline = time.monotonic() + 20
    while ask(f"{url}/version")["model"]["version"] != number:
        assert time.monotonic() < deadline, f"the service did not take up version {number}"
        time.sleep(0.1)


def test_pipeline_retrains_behind_its_gate(ready: Callable[[str], Path]) -> None:
    project = ready("pipeline")
    assert "Gate open" in make(project, "retrain")
    again = make(project, "pipeline")
    assert again.count("didn't change, skipping") >= 4, "nothing changed, and steps ran again"
    with service(project) as url:
        key = ask(f"{url}/predict", example(project))["id"]
        time.sleep(1)
        log = "".join(path.read_text() for path in (project / "artifacts/predictions").rglob("*.ndjson"))
        assert key in log
    # A challenger that learned from shuffled labels loses, changes nothing and says why.
    before = (project / "artifacts/serving/production/current.json").read_bytes()
    shuffle = (
        "import polars as pl; from credit_risk.schema import SCHEMA as S; p = 'artifacts/data/train.parquet'; "
        "f = pl.read_parquet(p); f.with_columns(f[S.target].shuffle(seed=1)).write_parquet(p)"
    )
    make(project, "data")
    run(project, ".venv/bin/python", "-c", shuffle)
    for step in ("train", "evaluate"):
        make(project, step)
    closed = run(project, ".venv/bin/python", "-m", "credit_risk", "gate", status=1)
    assert "Gate closed" in closed and "FAIL" in closed
    make(project, "register")  # the registry keeps it, with its verdict
    assert "Gate closed" in make(project, "promote", "ARGS=--yes", status=2)
    assert (project / "artifacts/serving/production/current.json").read_bytes() == before
    make(project, "rollback", status=2)  # there is no earlier release to go back to


@pytest.mark.parametrize("drift", ["sudden", "none"])
def test_continuous_heals_drift_and_leaves_usual_traffic_alone(ready: Callable[[str], Path], drift: str) -> None:
    """The same commands: with drift an alert starts a retraining, without it nothing fires."""
    project = ready("continuous")
    output = make(project, "demo", f"ARGS=--drift {drift}")
    released = json.loads((project / "artifacts/demo/serving/production/current.json").read_text())
    alerts = (project / "artifacts/demo/monitoring/alerts.jsonl").read_text() if drift == "sudden" else ""
    assert released["version"] == (2 if drift == "sudden" else 1), output[-4000:]
    assert ("firing" in alerts) == (drift == "sudden")
    decisions = (project / "artifacts/demo/monitoring/decisions.jsonl").read_text()
    assert ('"action":"retrain"' in decisions.replace(" ", "")) == (drift == "sudden"), decisions
    assert run(project, "git", "status", "--porcelain") == "", "the demo left something behind"


@pytest.mark.parametrize("level", LEVELS)
def test_infrastructure_is_checked_or_says_that_it_is_not(
    ready: Callable[[str], Path], tools: Path, level: str
) -> None:
    output = make(ready(level), "infra-check", TERRAFORM="no-such-terraform")
    assert "NOT CHECKED" in output
    assert "NOT CHECKED" in make(ready(level), "infra-check", TERRAFORM="no-such-terraform", CI="true", status=2)


def test_real_data_is_adopted_and_served(ready: Callable[[str], Path], tmp_path: Path) -> None:
    """docs/your-data.md, followed to a served prediction with scikit-learn's breast cancer data."""
    project = tmp_path / "project"
    shutil.copytree(ready("pipeline"), project, symlinks=True, ignore=shutil.ignore_patterns("artifacts", ".venv"))
    make(project, "setup")
    python = ".venv/bin/python"
    run(project, python, "-c", CANCER)
    output = run(project, python, "-m", "credit_risk", "adopt", "breast-cancer.csv", "--target", "target")
    assert "sample" in output, "the identifier goes unnoticed"
    assert "Gate open" in make(project, "retrain")
    with service(project) as url:
        answer = ask(f"{url}/predict", example(project))
        assert 0 <= answer["score"] <= 1
    make(project, "monitor")
    make(project, "check")
