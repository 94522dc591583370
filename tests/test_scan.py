"""What every project is made of holds its own `make scan`, and CI runs it: red for a secret, green without."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from rungs import catalog as catalogs
from rungs.models import Level
from running import make

CATALOG = catalogs.load(Path(__file__).parent.parent)
LEVELS = [str(level) for level in Level]
NOBODY = {"SCAN__VULNERABILITY_SERVICE": "http://127.0.0.1:1", "UV_HTTP_RETRIES": "0"}
LEAK = "AKIA" + "QZ7RJ5MNW3XKD2VB"  # in two parts, so that nobody takes this file for a leak
Render = Callable[..., Path]


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
def test_a_fresh_project_holds_nothing_that_turns_its_scan_red(ready: Render, osv: str, level: str) -> None:
    project = ready(level)
    output = make(project, "scan", CI="true", SCAN__VULNERABILITY_SERVICE=osv)
    for name in ("code", "licences", "pins", "secrets"):
        assert re.search(rf"^{name}: .*\d+ .*; 0 to mend\.$", output, re.MULTILINE), output
    assert "vulnerabilities: Found no known vulnerabilities" in output
    make(project, "scan-secrets", "scan-code", "scan-licences", "scan-pins")
    silent = make(project, "scan", status=2, CI="true", **NOBODY)
    assert "NOT CHECKED" in silent and "The scan is red: vulnerabilities." in silent


@pytest.mark.slow
@pytest.mark.parametrize("system", [system.id for system in CATALOG.members("ci")])
def test_no_ci_system_brings_a_secret_or_what_cannot_be_pinned(ready: Render, project: Render, system: str) -> None:
    python = ready("continuous") / ".venv/bin/python"
    folder = project("continuous", ci=system)
    command: list[str | Path] = [python, "-m", "credit_risk", "scan", "secrets", "pins"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "is not read" not in done.stdout, "a file of ours cannot be read, and what it names stays unseen"
    loose = [line for line in done.stdout.splitlines() if "is not pinned" in line]
    assert loose and [line for line in loose if ": image `" not in line or "Cure: `make pin`" not in line] == []


def test_renovate_reads_every_compose_file_that_names_an_image(render: Render) -> None:
    project = render("continuous")
    patterns = json.loads((project / "renovate.json").read_text())["docker-compose"]["managerFilePatterns"]
    naming = [
        path.relative_to(project).as_posix()
        for path in project.glob("*/*/*.y*ml")
        if any("image" in service for service in services(path))
    ]
    assert len(naming) >= 4
    assert [path for path in naming if not any(re.search(pattern.strip("/"), path) for pattern in patterns)] == []


def services(path: Path) -> list[dict[str, Any]]:
    found = yaml.safe_load(path.read_text())
    return list(found.get("services", {}).values()) if isinstance(found, dict) else []
