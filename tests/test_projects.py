"""Rendered projects, run for real: what a team does on its first days, at every level of the default stack."""

import json
import re
import shutil
import time
import urllib.error
from collections.abc import Callable
from pathlib import Path

import pytest

from rungs.demo import CANCER
from running import WITHOUT_PIPELINE, ask, example, make, run, service, wait_for_version

pytestmark = pytest.mark.slow

LEVELS = ["manual", "pipeline", "continuous"]
TARGETS = {
    *("setup", "check", "data", "train", "evaluate", "register", "promote", "serve", "monitor"),
    *("pipeline", "retrain", "rollback", "demo", "image", "infra-check", "help"),
}


@pytest.mark.parametrize("level", LEVELS)
def test_every_target_has_a_help_line(render: Callable[..., Path], level: str) -> None:
    text = re.sub(r"\x1b\[\d*m", "", make(render(level), "help"))
    assert {line.split()[0] for line in text.splitlines() if len(line.split()) > 1} >= TARGETS


@pytest.mark.parametrize("level", LEVELS)
def test_before_setup_a_target_names_the_cure(render: Callable[..., Path], level: str) -> None:
    assert "run `make setup` first" in make(render(level), "train", status=2)
    assert not (render(level) / ".venv").exists()


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


@pytest.mark.drill
def test_continuous_survives_its_drill(ready: Callable[[str], Path], run_number: int) -> None:
    """Every act as expected: drifts, a schema break, bad challengers, a killed service, a registry outage."""
    project = ready("continuous")
    output = make(project, "drill")
    assert output.count("=> as expected") == 8, output[-4000:]
    assert "failed" not in re.findall(r'class="tag[^>]*>(\w+)<', (project / "artifacts/drill/report.html").read_text())
    assert run(project, "git", "status", "--porcelain") == "", "the drill left something behind"


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
    make(project, "check", PYTEST_ADDOPTS=WITHOUT_PIPELINE)
