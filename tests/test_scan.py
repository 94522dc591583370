"""What every project is made of holds its own `make scan`, and CI runs it: red for a secret, green without."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from rungs import catalog as catalogs
from rungs.models import Level
from running import make
from systems import running as systems
from world import commit

CATALOG = catalogs.load(Path(__file__).parent.parent)
LEVELS = [str(level) for level in Level]
NOBODY = {"SCAN__VULNERABILITY_SERVICE": "http://127.0.0.1:1", "UV_HTTP_RETRIES": "0"}
LEAK = "AKIA" + "QZ7RJ5MNW3XKD2VB"  # in two parts, so that nobody takes this file for a leak
Render = Callable[..., Path]


class Harmless(BaseHTTPRequestHandler):
    """Speaks OSV's protocol, and knows of no vulnerability."""

    def do_POST(self) -> None:
        queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        content = json.dumps({"results": [{} for _ in queries]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """The address of a server that stands for OSV.dev: no test may depend on what is known today."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Harmless)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
def test_a_fresh_project_holds_nothing_that_turns_its_scan_red(ready: Render, service: str, level: str) -> None:
    project = ready(level)
    output = make(project, "scan", CI="true", SCAN__VULNERABILITY_SERVICE=service)
    for name in ("code", "licences", "pins", "secrets"):
        assert re.search(rf"^{name}: .*\d+ .*; 0 to mend\.$", output, re.MULTILINE), output
    assert "vulnerabilities: Found no known vulnerabilities" in output
    make(project, "scan-secrets", "scan-code", "scan-licences", "scan-pins")
    silent = make(project, "scan", status=2, CI="true", **NOBODY)
    assert "NOT CHECKED" in silent and "The scan is red: vulnerabilities." in silent


@pytest.mark.slow
@pytest.mark.parametrize("system", [system.id for system in CATALOG.members("ci")])
def test_no_ci_system_brings_a_secret_or_a_loose_action(ready: Render, project: Render, system: str) -> None:
    python = ready("continuous") / ".venv/bin/python"
    folder = project("continuous", ci=system)
    command: list[str | Path] = [python, "-m", "credit_risk", "scan", "secrets", "pins"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "is not read" not in done.stdout, "a file of ours cannot be read, and what it names stays unseen"
    loose = [line for line in done.stdout.splitlines() if "is not pinned" in line]
    assert loose and [line for line in loose if ": image `" not in line] == []


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


@pytest.mark.slow
@pytest.mark.parametrize("leaks", [False, True])
def test_ci_runs_the_scan(project: Render, runners: Path, service: str, leaks: bool) -> None:
    folder = project("manual")
    with (folder / "settings.toml").open("a") as settings:
        settings.write(f'\n[scan]\nvulnerability_service = "{service}"\n')
    if leaks:
        (folder / "src/credit_risk/keys.py").write_text(f'"""Keys."""\n\nKEY = "{LEAK}"\n')
    commit(folder, "Work late")
    done = systems.run(runners, "github-actions", folder / ".github/workflows/scan.yml", "--job", "scan")
    assert done.returncode == int(leaks), f"{done.stdout[-5000:]}{done.stderr[-2000:]}"
    assert f"== scan: {'failure' if leaks else 'success'}" in done.stdout
    assert leaks == ("src/credit_risk/keys.py:3: AWS Access Key" in done.stdout + done.stderr)
