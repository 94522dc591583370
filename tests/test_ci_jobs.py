"""The jobs of a change, run on rendered projects in every CI system: to green, and to red for what must not pass.

GitHub's run with the other tests; those of the other five take 15 to 30 minutes: `make systems`.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from rungs import catalog as catalogs
from rungs.models import Component
from systems import reader, running
from test_scan import LEAK
from world import commit

CATALOG = catalogs.load(Path(__file__).parent.parent)
SYSTEMS = [
    pytest.param(system, id=system.id, marks=pytest.mark.slow if system.default else pytest.mark.systems)
    for system in CATALOG.members("ci")
]
Render = Callable[..., Path]


def fail_a_test(project: Path) -> None:
    (project / "tests/test_sums.py").write_text(
        '"""Sums."""\n\n\ndef test_sum() -> None:\n    assert sum([1, 1]) == 3\n'
    )


def leak(project: Path) -> None:
    (project / "src/credit_risk/keys.py").write_text(f'"""Keys."""\n\nKEY = "{LEAK}"\n')


def ask_for_too_much(project: Path) -> None:
    settings = (project / "settings.toml").read_text()
    assert "minimum_auc = 0.65" in settings
    (project / "settings.toml").write_text(settings.replace("minimum_auc = 0.65", "minimum_auc = 0.99"))


def keeps(system: Component, stage: str) -> str:
    """What ci-runners says where a system keeps the results of this job, green or red; empty where it has no word."""
    said: dict[str, str] = getattr(reader(system.id), "KEEPS", {})
    return said.get(stage, "")


GREEN = {"check": "manual", "scan": "manual", "infrastructure": "continuous", "sample": "pipeline"}  # with the level
# What is broken, the level, the job that must see it, and what it must say.
RED = {
    "a failing test": (fail_a_test, "manual", "check", "assert 2 == 3"),
    "a leaking secret": (leak, "manual", "scan", "src/credit_risk/keys.py:3: AWS Access Key"),
    "a model that loses the gate": (ask_for_too_much, "pipeline", "sample", "The challenger's AUC"),
}


@pytest.mark.parametrize("stage", GREEN)
@pytest.mark.parametrize("system", SYSTEMS)
def test_green(project: Render, runners: Path, terraform: str, osv: str, system: Component, stage: str) -> None:
    folder = project(GREEN[stage], ci=system.id)
    running.settle(folder, osv)
    commit(folder, "Work")
    done = running.change(runners, system, folder, stage, terraform)
    assert done.returncode == 0, f"{done.stdout[-5000:]}{done.stderr[-2000:]}"
    assert keeps(system, stage) in done.stdout, "its results are not kept"


@pytest.mark.parametrize("what", RED)
@pytest.mark.parametrize("system", SYSTEMS)
def test_red(project: Render, runners: Path, terraform: str, osv: str, system: Component, what: str) -> None:
    spoil, level, stage, said = RED[what]
    folder = project(level, ci=system.id)
    running.settle(folder, osv)
    spoil(folder)
    commit(folder, "Work late")
    done = running.change(runners, system, folder, stage, terraform)
    assert done.returncode == 1, f"{done.stdout[-5000:]}{done.stderr[-2000:]}"
    assert said in done.stdout + done.stderr, f"{done.stdout[-5000:]}{done.stderr[-2000:]}"
    assert keeps(system, stage) in done.stdout, "its results are not kept"
