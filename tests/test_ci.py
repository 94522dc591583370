"""The workflows of GitHub Actions: what they may call, which rights they have, and that they run."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rungs.models import Level

LEVELS = [str(level) for level in Level]
Render = Callable[..., Path]

# One call of make, whose output may go to a file of the run; or an output of the job that make gives.
MAKE = r"make(?: --silent)?(?P<targets>(?: [a-z][a-z-]*)+)(?: [A-Z]+=\S+| [A-Z]+=\"[^\"]*\")*"
OUTPUT = rf'echo "\w+=\$\({MAKE.replace("targets", "inner")}\)" >> "\$GITHUB_OUTPUT"'
STEP = re.compile(rf'^(?:{MAKE}(?: >> "\$GITHUB_STEP_SUMMARY")?|{OUTPUT})$')
PIN = re.compile(r"uses: (?P<name>[\w./-]+)@(?P<sha>[0-9a-f]{40}) # (?P<version>v\d+\.\d+\.\d+)$")


def workflows(project: Path) -> dict[str, dict[Any, Any]]:
    return {path.name: yaml.safe_load(path.read_text()) for path in sorted((project / ".github/workflows").glob("*"))}


def files(project: Path) -> list[Path]:
    github = project / ".github"
    return sorted((*github.glob("workflows/*.yml"), *github.glob("actions/*/action.yml"), github / "dependabot.yml"))


def jobs(project: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, workflow in workflows(project).items():
        for job in workflow["jobs"]:
            yield f"{name}: {job}", workflow["jobs"][job]


def steps(project: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, job in jobs(project):
        yield from ((name, step) for step in job["steps"])
    for path in project.glob(".github/actions/*/action.yml"):
        yield from ((path.parent.name, step) for step in yaml.safe_load(path.read_text())["runs"]["steps"])


def targets(project: Path) -> set[str]:
    text = "\n".join(path.read_text() for path in (project / "Makefile", *project.glob("*/*/*.mk")))
    return set(re.findall(r"^([a-z][a-z-]*)::?(?:\s|$)", text, re.MULTILINE))


def called(project: Path) -> set[str]:
    found: set[str] = set()
    for _, step in steps(project):
        if match := STEP.match(step.get("run", "")):
            found |= set((match["targets"] or match["inner"]).split())
    return found


def test_a_higher_level_adds_workflows_and_changes_none(render: Render) -> None:
    lower: dict[str, str] = {}
    for level in LEVELS:
        folder = render(level) / ".github"
        found = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
        changed = [name for name, text in lower.items() if found.get(name) != text]
        assert set(changed) <= {"dependabot.yml"}
        # New folders with dependencies come with a level: entries are added at the end.
        assert found["dependabot.yml"].startswith(lower.get("dependabot.yml", ""))
        assert len(found) > len(lower)
        lower = found


@pytest.mark.parametrize("level", LEVELS)
def test_workflows_only_call_make_targets_that_exist(render: Render, level: str) -> None:
    project = render(level)
    runs = [(name, step["run"]) for name, step in steps(project) if "run" in step]
    assert runs
    assert [(name, run) for name, run in runs if not STEP.match(run)] == []
    assert called(project) - targets(project) == set()


def test_each_level_calls_what_it_must(render: Render) -> None:
    needed = {
        "manual": {"setup", "check", "image", "infra-check"},
        "pipeline": {"pipeline", "publish", "retrain", "monitor", "summary"},
        "continuous": {"trigger", "promote", "smoke", "rollback"},
    }
    for position, level in enumerate(LEVELS):
        everything = set().union(*(needed[lower] for lower in LEVELS[: position + 1]))
        higher = set().union(*(needed[later] for later in LEVELS[position + 1 :]))
        assert everything <= called(render(level))
        assert not higher & called(render(level))


@pytest.mark.parametrize("level", LEVELS)
def test_actions_are_pinned_to_one_commit_each(render: Render, level: str) -> None:
    pins: dict[str, set[tuple[str, str]]] = {}
    for path in files(render(level)):
        for line in path.read_text().splitlines():
            if "uses:" in line and "uses: ./" not in line:
                pin = PIN.search(line)
                assert pin, f"{path.name}: {line.strip()} is not pinned to a full commit with its version"
                pins.setdefault(pin["name"], set()).add((pin["sha"], pin["version"]))
    assert {name: found for name, found in pins.items() if len(found) > 1} == {}
    assert {"actions/checkout", "astral-sh/setup-uv"} <= set(pins)


@pytest.mark.parametrize("level", LEVELS)
def test_rights_are_given_to_jobs_alone_and_nothing_runs_for_ever(render: Render, level: str) -> None:
    project = render(level)
    for name, workflow in workflows(project).items():
        assert workflow["permissions"] == {}, name
        assert "group" in workflow["concurrency"], name
    for name, job in jobs(project):
        assert 0 < job["timeout-minutes"] <= 120, name
        rights = dict(job["permissions"])
        assert rights.pop("contents") == "read", name
        assert set(rights) <= {"id-token", "packages"}, name


def test_a_change_under_review_gets_no_right_but_to_read(render: Render) -> None:
    project = render("continuous")
    for name, workflow in workflows(project).items():
        if "pull_request" in workflow[True]:  # YAML reads the key `on` as true
            assert {str(job["permissions"]) for job in workflow["jobs"].values()} == {"{'contents': 'read'}"}, name
            assert "vars" not in str(workflow["jobs"]), f"{name} gives the repository's variables to a pull request"


@pytest.mark.parametrize("level", LEVELS)
def test_no_text_of_others_gets_into_a_shell_and_no_token_stays_on_disk(render: Render, level: str) -> None:
    for name, step in steps(render(level)):
        assert "${{" not in step.get("run", ""), name
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False, name


def test_what_writes_to_the_registry_waits_for_its_turn(render: Render) -> None:
    found = workflows(render("continuous"))
    for names in (("retrain.yml", "trigger.yml"), ("release.yml", "rollback.yml")):
        groups = [found[name]["concurrency"] for name in names]
        assert groups[0] == groups[1]
        assert groups[0]["cancel-in-progress"] is False


def test_production_is_reached_through_staging_alone(render: Render) -> None:
    release = workflows(render("continuous"))["release.yml"]["jobs"]
    assert release["staging"]["environment"] == "staging"
    assert release["production"]["environment"] == "production"
    assert release["production"]["needs"] == "staging"


def test_the_login_comes_from_the_cloud(render: Render) -> None:
    with_cloud = (render("continuous") / ".github/actions/setup/action.yml").read_text()
    without = (render("continuous", cloud="none") / ".github/actions/setup/action.yml").read_text()
    assert "aws-actions/configure-aws-credentials@" in with_cloud
    assert "aws" not in without
    assert [step for step in yaml.safe_load(without)["runs"]["steps"] if step.get("run") == "make setup"]
    assert "terraform" not in (render("continuous", cloud="none") / ".github/dependabot.yml").read_text()


@pytest.fixture(scope="session")
def runners(tools: Path) -> Path:
    """The commands that check and run CI files, installed."""
    cache = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    installed = Path(os.environ.get("CI_RUNNERS_DIR", f"{cache}/ci-runners"))
    if not (installed / ".complete").is_file():
        pytest.skip(f"{tools}/ci-runners is not installed: run its install.sh and set CI_RUNNERS_DIR")
    return tools / "ci-runners"


@pytest.mark.parametrize("cloud", ["aws", "none"])
@pytest.mark.parametrize("level", LEVELS)
def test_schema_semantics_commits_and_security(render: Render, runners: Path, level: str, cloud: str) -> None:
    project = render(level, cloud=cloud)
    for path in files(project):
        command: list[str | Path] = [runners / "ci-check", "github-actions", path, "--workspace", project]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{path.name}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("level", LEVELS)
def test_zizmor_finds_nothing(render: Render, level: str) -> None:
    zizmor = Path(sys.executable).parent / "zizmor"
    command: list[str | Path] = [zizmor, "--offline", "--no-progress", "--format=json", render(level) / ".github"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    findings = [finding for finding in json.loads(done.stdout) if not finding["ignored"]]
    # It would rather have $/ than ./ before the name of our own action, which older servers do not know.
    assert [finding["desc"] for finding in findings if finding["ident"] != "self-repository"] == []
    assert {finding["ident"] for finding in findings} == {"self-repository"}, "zizmor read nothing"


@pytest.fixture
def run(runners: Path, terraform: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run(project, workflow, job)` runs a job in a clean checkout, with a terraform that needs no network."""

    def running(project: Path, workflow: str, job: str) -> subprocess.CompletedProcess[str]:
        subprocess.run(["uv", "lock", "--quiet"], cwd=project, check=True)
        path = project / ".github/workflows" / workflow
        command: list[str | Path] = [runners / "ci-run", "github-actions", path, "--job", job]
        environment = {**os.environ, "PATH": f"{Path(terraform).parent}:{os.environ['PATH']}"}
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=project, env=environment)

    return running


# Each step once: the workflows call the same targets at each level, and test_projects.py runs these at the higher ones.
# The job `image` needs an engine for containers: test_containers.py builds both images.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("level", "workflow", "job"),
    [
        ("manual", "ci.yml", "check"),
        ("continuous", "ci.yml", "infrastructure"),
        ("continuous", "pipeline.yml", "sample"),
    ],
)
def test_jobs_run_to_green(
    project: Callable[..., Path],
    run: Callable[..., subprocess.CompletedProcess[str]],
    level: str,
    workflow: str,
    job: str,
) -> None:
    done = run(project(level), workflow, job)
    assert done.returncode == 0, f"{done.stdout[-5000:]}{done.stderr[-2000:]}"
    assert f"== {job}: success" in done.stdout


@pytest.mark.slow
def test_a_mistake_turns_ci_red(
    project: Callable[..., Path], run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    folder = project("manual")
    (folder / "src/credit_risk/features.py").open("a").write("import unused\n")
    done = run(folder, "ci.yml", "check")
    assert done.returncode == 1
    assert "F401" in done.stdout
    assert "== check: failure" in done.stdout
