"""Checks the CI files of a rendered project without their server, and runs their jobs on this machine."""

import os
import subprocess
from pathlib import Path

from rungs.models import Component
from world import commit, git

from . import reader

# A few of a project's tests show a job's way; test_projects.py runs all of them, by the same target.
KEPT = ("test_cli.py", "test_storage.py")


def check(runners: Path, system: str, path: Path, workspace: Path) -> None:
    """Hold a CI file against its schema and semantics; a finding fails the test and is shown."""
    command: list[str | Path] = [runners / "ci-check", system, path, "--workspace", workspace]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{path.name}\n{done.stdout}{done.stderr}"


def run(runners: Path, system: str, path: Path, *words: str, terraform: str = "") -> subprocess.CompletedProcess[str]:
    """Run jobs of a CI file in clean checkouts of its project, which gets the lock file that its user would commit.

    `words` are options of ci-run, such as `--job check`. `terraform` is the program that stands for terraform and needs
    no network: the fixture of that name.
    """
    project = next(folder for folder in path.parents if (folder / ".git").exists())
    subprocess.run(["uv", "lock", "--quiet"], cwd=project, check=True)
    environment = dict(os.environ)
    if terraform:
        environment["PATH"] = f"{Path(terraform).parent}:{environment['PATH']}"
    command: list[str | Path] = [runners / "ci-run", system, path, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=project, env=environment)


def settle(project: Path, service: str) -> None:
    """Keep a few tests, as a system may run `check` first, and depend on no vulnerability that is known today."""
    for path in project.glob("tests/test_*.py"):
        if path.name not in KEPT:
            path.unlink()
    with (project / "settings.toml").open("a") as settings:
        settings.write(f'\n[scan]\nvulnerability_service = "{service}"\n')


def change(
    runners: Path, system: Component, project: Path, stage: str, terraform: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a stage of a change under review. What a system needs beside its file, its reader says in `start`."""
    path, words = project / system.stages[stage], ["--job", stage, "--event", "pull-request", "--branch", "topic"]
    if start := getattr(reader(system.id), "start", None):
        path, words = start(project, path, words)
    return run(runners, system.id, path, *words, "--workspace", str(project), terraform=terraform)


def propose(project: Path, changed: str = "README.md", request: str = "What it does.\n") -> None:
    """Leave in a project what `make template-update` leaves: a branch with an update, and the text of its request."""
    git(project, "switch", "--quiet", "--create", "rungs/update-v9")
    (project / changed).write_text("better\n")
    commit(project, "Update the template from v8 to v9")
    git(project, "checkout", "--quiet", "-")  # a branch, or the commit that a CI system has checked out
    (project / "artifacts").mkdir(exist_ok=True)
    (project / "artifacts/template-request.txt").write_text(request)
