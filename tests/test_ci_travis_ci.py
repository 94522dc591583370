"""The configuration of Travis CI: what its jobs may see and when they start, and that they run."""

import configparser
import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from rungs.models import Level
from running import make
from systems import running, travis_ci
from world import git

LEVELS = [str(level) for level in Level]
CONFIG = ".travis.yml"
Render = Callable[..., Path]


@pytest.fixture
def rendered(render: Render) -> Render:
    return lambda level, **answers: render(level, ci="travis-ci", **answers)


def config(project: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((project / CONFIG).read_text())
    return loaded


def included(project: Path) -> dict[str, dict[str, Any]]:
    return {job["name"]: job for job in config(project)["jobs"]["include"]}


def started(project: Path, kind: str, env: dict[str, str], branch: str = "main") -> set[str]:
    build = travis_ci.Build("", {"type": kind, "branch": branch}, env)
    if not travis_ci.holds(config(project)["if"], build):
        return set()
    return {name for name, job in included(project).items() if travis_ci.holds(job["if"], build)}


@pytest.mark.parametrize("cloud", ["aws", "none"])
@pytest.mark.parametrize("level", LEVELS)
def test_schema_and_semantics(rendered: Render, runners: Path, level: str, cloud: str) -> None:
    project = rendered(level, cloud=cloud)
    running.check(runners, "travis-ci", project / CONFIG, project)


def test_only_a_request_that_names_the_version_reaches_production(rendered: Render) -> None:
    project, settings = rendered("continuous"), {"STORAGE_ROOT": "s3://bucket"}
    asked = started(project, "api", {**settings, "TASK": "release", "VERSION": "7"})
    assert asked == {"staging", "production"}
    assert started(project, "api", {**settings, "TASK": "release"}) == {"staging"}
    assert "production" not in started(project, "api", {**settings, "TASK": "release", "VERSION": "7; true"})
    assert "production" not in started(project, "api", {**settings, "TASK": "release", "VERSION": "7"}, "topic")
    for kind in ("cron", "push", "pull_request"):
        assert "production" not in started(project, kind, {**settings, "TASK": "release", "VERSION": "7"})


def test_only_a_request_that_names_the_environment_destroys_one(rendered: Render) -> None:
    project = rendered("continuous")
    for environment in ("dev", "staging"):
        asked = {"STORAGE_ROOT": "s3://bucket", "TASK": "teardown", "ENVIRONMENT": environment}
        assert started(project, "api", asked) == {"teardown"}
        assert started(project, "api", asked, "topic") == set()
        for kind in ("cron", "push", "pull_request"):
            assert "teardown" not in started(project, kind, asked)
    for environment in ("", "production", "staging; true"):
        assert started(project, "api", {"TASK": "teardown", "ENVIRONMENT": environment}) == set()


def test_without_a_past_what_needs_one_is_skipped(rendered: Render) -> None:
    project = rendered("continuous")
    assert started(project, "cron", {}) == {"retrain", "scan", "template"}
    assert started(project, "push", {}) == {"check", "scan", "image", "sample", "infrastructure"}
    assert started(project, "push", {"IMAGE": "registry.example.com/it"}) >= {"publish"}
    assert started(project, "push", {"IMAGE": "registry.example.com/it"}, "topic") == set()


def test_the_cloud_may_be_the_scheduler(rendered: Render) -> None:
    project, settings = rendered("continuous"), {"STORAGE_ROOT": "s3://bucket"}
    daily = {"retrain", "trigger", "staging", "deliver", "monitor", "scan", "template"}
    assert started(project, "cron", settings) == daily
    assert started(project, "cron", {**settings, "SCHEDULER": "cloud"}) == {"scan", "template"}
    assert started(project, "api", {**settings, "SCHEDULER": "cloud", "TASK": "deliver"}) == {"deliver"}


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_goes_on_after_a_command_that_failed(rendered: Render, level: str) -> None:
    """Travis runs each entry of `script`, even after one that failed: there is one, and its commands hang together."""
    for name, job in included(rendered(level)).items():
        script = job["script"]
        assert isinstance(script, str), name
        lines = [line.strip() for line in script.splitlines() if line.strip()]
        plain = [line for line in lines[:-1] if not line.endswith("&&")]
        assert not plain or lines[0].startswith("if "), name


def test_the_key_is_kept_out_of_the_checkout_and_out_of_reach(rendered: Render, tmp_path: Path) -> None:
    project = rendered("continuous")
    commands = included(project)["retrain"]["before_install"]
    home, variables = (
        tmp_path / "home",
        {"SIGN_IN_KEY_ID": "AKIDEXAMPLE", "SIGN_IN_KEY": "example", "AWS_REGION": "eu-west-1"},
    )
    home.mkdir()
    role = {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/delivery", "TRAVIS_BUILD_ID": "5"}
    script = "\n".join([*commands, "env", "stat -c %a ~/.aws/config"])
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), **variables, **role}
    done = subprocess.run(["bash", "-ec", script], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "SIGN_IN" not in done.stdout and "AWS_ROLE_ARN" not in done.stdout
    assert "STORAGE__ROOT=artifacts" in done.stdout
    written = home / ".aws/config"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    read = configparser.ConfigParser()
    read.read(written)
    assert dict(read["profile key"]) == {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "example"}
    assert read["default"]["role_arn"] == role["AWS_ROLE_ARN"] and read["default"]["duration_seconds"] == "900"
    assert read["default"]["source_profile"] == "key"


def test_the_login_comes_from_the_cloud(rendered: Render) -> None:
    without = (rendered("continuous", cloud="none") / CONFIG).read_text().lower()
    for trace in ("aws", "terraform", "sign_in", "teardown_"):
        assert trace not in without


# All that the settings of a repository can hold: Travis gives it to each job.
SETTINGS = {
    **{"SIGN_IN_KEY_ID": "AKIDSIGNIN", "SIGN_IN_KEY": "signin", "AWS_REGION": "eu-west-1"},
    **{"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/delivery"},
    **{"TEARDOWN_KEY_ID": "AKIDTEARDOWN", "TEARDOWN_KEY": "destroyer"},
    **{"AWS_TEARDOWN_ROLE_ARN_STAGING": "arn:aws:iam::123456789012:role/teardown-staging"},
}


def bash(folder: Path, commands: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run commands of a job one after another, as Travis does, which ends a job at the first that fails."""
    (folder / "home").mkdir(exist_ok=True)
    bare = {"PATH": f"{folder}/bin:{os.environ['PATH']}", "HOME": str(folder / "home")}
    script = "\n".join(f"{{\n{command}\n}} || exit" for command in commands)
    given = {**bare, **environment}
    return subprocess.run(["bash", "-c", script], env=given, cwd=folder, capture_output=True, text=True)


def test_a_job_destroys_by_the_role_of_its_environment_or_not_at_all(rendered: Render, tmp_path: Path) -> None:
    commands = included(rendered("continuous"))["teardown"]["before_install"]
    refused = bash(tmp_path, [*commands, "echo went on"], **SETTINGS, ENVIRONMENT="dev")
    assert refused.returncode == 1 and "went on" not in refused.stdout
    assert refused.stderr == "AWS_TEARDOWN_ROLE_ARN_DEV is not set: there is no role that may destroy dev.\n"
    assert not (tmp_path / "home/.aws/config").exists()
    done = bash(tmp_path, commands, **SETTINGS, ENVIRONMENT="staging")
    assert done.returncode == 0, done.stderr
    read = configparser.ConfigParser()
    read.read(tmp_path / "home/.aws/config")
    assert dict(read["profile key"]) == {"aws_access_key_id": "AKIDTEARDOWN", "aws_secret_access_key": "destroyer"}
    assert read["default"]["role_arn"] == SETTINGS["AWS_TEARDOWN_ROLE_ARN_STAGING"]
    assert read["default"]["region"] == "eu-west-1"


def test_no_other_job_keeps_what_destroys(rendered: Render, tmp_path: Path) -> None:
    project = rendered("continuous")
    jobs = included(project)
    assert [name for name, job in jobs.items() if "teardown" in str(job["script"])] == ["teardown"]
    for name, job in jobs.items():
        folder = tmp_path / name
        folder.mkdir()
        commands = job.get("before_install") or config(project)["before_install"]
        done = bash(
            folder, [*commands, "env", "cat ~/.aws/config 2>/dev/null || true"], **SETTINGS, ENVIRONMENT="staging"
        )
        assert done.returncode == 0, done.stderr
        held = {word for word in ("teardown", "destroyer") if word in done.stdout.lower()}
        assert not held or name == "teardown", name


def test_what_keeps_its_data_is_left_to_a_person(rendered: Render, tmp_path: Path) -> None:
    """Who asks for a build can add variables to it. The terraform that stands in says what it finds in the state."""
    folder = shutil.copytree(rendered("continuous"), tmp_path / "project", symlinks=True)
    (folder / "infra/aws/backend.hcl").write_text('bucket = "credit-risk-state-123456789012"\n')
    (folder / "bin").mkdir()
    (folder / "bin/terraform").write_text(
        '#!/bin/sh\necho "$@" >> calls\ncase "$*" in\n'
        '  *"output -json") echo \'{"teardown": {}}\' ;;\n  *"-raw teardown") echo keeps data ;;\nesac\n'
    )
    (folder / "bin/terraform").chmod(0o755)
    given = {"ENVIRONMENT": "staging", "CONFIRM": "staging", "TF_PLUGIN_CACHE_DIR": str(tmp_path / "cache")}
    done = bash(folder, [included(folder)["teardown"]["script"]], **given)
    assert done.returncode == 2 and "staging keeps its data" in done.stderr
    assert "destroy" not in (folder / "calls").read_text()


@pytest.mark.parametrize("given", [{}, {"SIGN": "true"}, {"SIGNING_KEY": "awskms:///alias/credit-risk-signing"}])
def test_images_are_signed_where_the_settings_ask_for_it(
    rendered: Render, tmp_path: Path, given: dict[str, str]
) -> None:
    """A make stands in that says how it was called: the images need an engine and a registry."""
    job = included(rendered("continuous"))["publish"]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/make").write_text('#!/bin/sh\necho "$@"\necho "key=$SIGNING_KEY"\n')
    (tmp_path / "bin/make").chmod(0o755)
    done = bash(tmp_path, [*job["before_install"], job["script"]], **given, TRAVIS_COMMIT="abc")
    assert done.stdout.splitlines() == [
        f"login image publish sign TAG=abc SIGN={given.get('SIGN', '')}",
        f"key={given.get('SIGNING_KEY', '')}",
    ]


def test_an_update_of_the_template_is_asked_for(project: Render, tmp_path: Path) -> None:
    folder, origin = project("manual", ci="travis-ci"), tmp_path / "origin.git"
    assert "up to date with its template" in make(folder, "template-request")
    running.propose(folder)
    refused = make(folder, "template-request", status=2)
    assert "What it does." in refused and "may not push: run `make template-update` yourself" in refused
    git(tmp_path, "init", "--quiet", "--bare", str(origin))
    git(folder, "remote", "add", "origin", str(origin))
    assert "rungs/update-v9 is pushed" in make(folder, "template-request")
    assert "rungs/update-v9" in git(origin, "branch", "--list")
