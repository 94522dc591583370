"""The workflows of Rungs itself: what they may do, that a release is what its tag says, and that the wheel works."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rungs import places
from systems import running
from world import commit, git

ROOT = Path(__file__).parent.parent
GITHUB = ROOT / ".github"
WORKFLOWS = {path.name: yaml.safe_load(path.read_text()) for path in sorted(GITHUB.glob("workflows/*.yml"))}
TAG = "v1.2.3"
Render = Callable[..., Path]


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, workflow in WORKFLOWS.items():
        yield from ((f"{name}: {job}", workflow["jobs"][job]) for job in workflow["jobs"])


def uses(job: dict[str, Any], action: str) -> list[dict[str, Any]]:
    return [step for step in job["steps"] if step.get("uses", "").startswith(f"{action}@")]


def writes(job: dict[str, Any]) -> set[str]:
    return {right for right, level in job["permissions"].items() if level != "read"}


def test_each_job_has_the_rights_that_it_needs_and_an_end() -> None:
    assert {"ci.yml", "release.yml", "scan.yml"} == set(WORKFLOWS)
    assert {name: workflow["permissions"] for name, workflow in WORKFLOWS.items() if workflow["permissions"]} == {}
    assert all("group" in workflow["concurrency"] for workflow in WORKFLOWS.values())
    assert {name: writes(job) for name, job in jobs() if writes(job)} == {
        "release.yml: attest": {"attestations", "id-token"},
        "release.yml: pypi": {"id-token"},
        "release.yml: github": {"contents"},
        "scan.yml: code": {"security-events"},
    }
    for name, job in jobs():
        assert 0 < job["timeout-minutes"] <= 120, name
        assert "secrets." not in str(job), f"{name} needs a secret that somebody must store"
        for step in uses(job, "actions/checkout"):
            assert step["with"]["persist-credentials"] is False, name
        assert "${{" not in "".join(step.get("run", "") for step in job["steps"]), name


def test_a_change_under_review_may_only_read_and_what_releases_runs_no_code() -> None:
    for name, job in jobs():
        if "pull_request" in WORKFLOWS[name.split(":")[0]][True]:  # YAML reads the key `on` as true
            assert not writes(job) or job["if"] == "github.event_name != 'pull_request'", name
        if writes(job) and name != "scan.yml: code":
            assert not uses(job, "actions/checkout"), f"{name} has rights and the code of the repository"
    release = WORKFLOWS["release.yml"]["jobs"]
    assert release["pypi"]["environment"]["name"] == "pypi"
    assert [release[name]["needs"] for name in ("attest", "pypi", "github")] == ["build", "attest", "pypi"]


def test_ci_runs_what_the_gate_of_a_change_runs() -> None:
    gate = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line.startswith("make ")]
    run = [step["run"] for name, job in jobs() if name.startswith("ci.yml") for step in job["steps"] if "run" in step]
    assert set(gate) - {"make setup"} == set(run)


def test_schema_semantics_commits_and_security(runners: Path) -> None:
    for path in (*GITHUB.glob("workflows/*.yml"), GITHUB / "dependabot.yml"):
        running.check(runners, "github-actions", path, ROOT)


def test_zizmor_finds_nothing() -> None:
    zizmor = Path(sys.executable).parent / "zizmor"
    command: list[str | Path] = [zizmor, "--offline", "--no-progress", "--format=json", GITHUB]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout) == []
    assert done.returncode == 0, done.stderr


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    """A clone of a repository whose main has a release, as `docs/releases.md` makes one."""
    origin = tmp_path / "origin"
    (origin / "tests/answers").mkdir(parents=True)
    (origin / "pyproject.toml").write_text('[project]\nname = "rungs"\nversion = "1.2.3"\n')
    (origin / f"tests/answers/{TAG}.yaml").write_text("questions: {}\n")
    sections = ["# Changes", "## Unreleased", "Later.", "## v1.2.3.1", "Other.", f"## {TAG} - 2026-01-01", "It climbs.",
                "### What to do", "Nothing.", "## v1.2.2", "Older."]  # fmt: skip
    (origin / "CHANGELOG.md").write_text("\n\n".join(sections) + "\n")
    git(origin, "init", "--quiet", "--initial-branch", "main")
    commit(origin, "Release")
    git(tmp_path, "clone", "--quiet", str(origin), "clone")
    return tmp_path / "clone"


def prepare(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the steps of the job `build` that come before the build."""
    steps = [step["run"] for step in WORKFLOWS["release.yml"]["jobs"]["build"]["steps"] if "name" in step]
    assert len(steps) == 2
    environment = {**os.environ, "GITHUB_REF_NAME": TAG}
    command = ["bash", "--noprofile", "--norc", "-e", "-c", "\n".join(steps)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_release_has_its_section_of_the_changelog(tagged: Path) -> None:
    done = prepare(tagged)
    assert done.returncode == 0, done.stderr
    assert (tagged / "notes.md").read_text().split() == ["It", "climbs.", "###", "What", "to", "do", "Nothing."]


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (
            lambda folder: (folder / "pyproject.toml").write_text('[project]\nname = "rungs"\nversion = "1.2.4"\n'),
            "version",
        ),
        (lambda folder: (folder / f"tests/answers/{TAG}.yaml").unlink(), "tests/answers/ does not know"),
        (lambda folder: (folder / "CHANGELOG.md").write_text("## v1.2.2\n\nOlder.\n"), "CHANGELOG.md has no section"),
        (lambda folder: commit(folder, "Not merged"), "is not on main"),
    ],
    ids=["version", "not frozen", "no section", "not on main"],
)
def test_what_is_no_release_is_refused(tagged: Path, break_it: Callable[[Path], Any], sentence: str) -> None:
    (tagged / "new").touch()
    break_it(tagged)
    done = prepare(tagged)
    assert done.returncode == 1
    assert sentence in done.stderr


@pytest.mark.slow
def test_the_wheel_renders_a_project_from_the_public_address(plain_template: Path, tmp_path: Path) -> None:
    """The wheel carries the catalog; the template comes from its address, where updates look. Here git finds a copy."""
    subprocess.run(["uv", "build", "--quiet", "--out-dir", tmp_path / "dist", ROOT], check=True)
    (wheel,) = tmp_path.glob("dist/*.whl")
    target = tmp_path / "installed"
    install: list[str | Path] = [
        "uv",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--python",
        sys.executable,
        "--target",
        target,
        wheel,
    ]
    subprocess.run(install, check=True)
    template = tmp_path / "template"
    shutil.copytree(plain_template, template, symlinks=True)
    git(template, "init", "--quiet", "--initial-branch", "main")
    commit(template, "Release")
    git(template, "tag", TAG)
    address = f"https://github.com/{places.address().removeprefix('gh:')}.git"
    environment = {
        **os.environ,
        "PYTHONPATH": str(target),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{template}.insteadOf",
        "GIT_CONFIG_VALUE_0": address,
    }
    where = [sys.executable, "-c", "import rungs.places as p; print(p.root(), p.source())"]
    said = subprocess.run(where, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(target / "rungs/source"), places.address()]
    assert files(target / "rungs/source/template") == files(plain_template / "template")
    new = [sys.executable, "-m", "rungs", "new", "project", "--defaults", "level=pipeline", "project_name=credit-risk"]
    done = subprocess.run(new, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers = yaml.safe_load((tmp_path / "project/.copier-answers.yml").read_text())
    assert (answers["_src_path"], answers["_commit"]) == (places.address(), TAG)
    assert (tmp_path / "project/src/credit_risk/ops/gate.py").is_file()


def files(folder: Path) -> dict[str, bytes]:
    """Path and content of each file below a folder."""
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}
