"""The configuration of CircleCI: what it may call, which contexts it has where, and that its jobs run."""

import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rungs.models import Level
from running import make
from systems import circleci, running
from world import git

LEVELS = [str(level) for level in Level]
CONFIG = ".circleci/config.yml"
Render = Callable[..., Path]


@pytest.fixture
def rendered(render: Render) -> Render:
    return lambda level, **answers: render(level, ci="circleci", **answers)


def config(project: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((project / CONFIG).read_text())
    return loaded


def entries(project: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each job of each workflow, with what the workflow says of it."""
    for name, workflow in config(project)["workflows"].items():
        for entry in workflow["jobs"]:
            yield name, *circleci.named(entry)


@pytest.mark.parametrize("cloud", ["aws", "none"])
@pytest.mark.parametrize("level", LEVELS)
def test_schema_and_semantics(project: Render, runners: Path, level: str, cloud: str) -> None:
    folder = project(level, ci="circleci", cloud=cloud)
    command: list[str | Path] = [runners / "ci-check", "circleci", folder / CONFIG, "--workspace", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "ok   schema" in done.stdout and "FAIL" not in done.stdout, done.stdout
    circleci.start(folder, folder / CONFIG, [])
    running.check(runners, "circleci", folder / CONFIG, folder)


@pytest.mark.parametrize("level", LEVELS)
def test_scripts_hold_no_text_of_others(rendered: Render, level: str) -> None:
    """Only what this file itself hands to its own commands is written into a script; the rest comes by environment."""
    text = (rendered(level) / CONFIG).read_text()
    commands = re.findall(r"^ +command: (?:\|\n((?: {12}.*\n)+)|(.*)\n)", text, re.MULTILINE)
    assert len(commands) >= 3
    inserted = {name for both in commands for name in re.findall(r"<< ([\w.]+) >>", "".join(both))}
    assert inserted == {"parameters.targets", "parameters.minutes"}
    handed = re.findall(r"- make: \{(.*)\}", text)
    assert handed and not [one for one in handed if "<<" in one]


@pytest.mark.parametrize("level", LEVELS[1:])
def test_contexts_are_for_main_alone(rendered: Render, level: str) -> None:
    project = rendered(level)
    given = {name for name, _, settings in entries(project) if "context" in settings}
    assert "retrain" in given
    for _, values in circleci.pipelines(config(project)):
        elsewhere = {**values, "pipeline.git.branch": "topic"}
        flows = config(project)["workflows"]
        started = {name for name, one in flows.items() if circleci.holds(one["when"], elsewhere)}
        assert not started & given


def test_only_production_has_the_context_of_production(rendered: Render) -> None:
    project = rendered("continuous")
    having = {job for _, job, settings in entries(project) if "credit-risk-production" in settings.get("context", ())}
    assert having == {"production"}
    rollback = {str(settings["context"]) for _, job, settings in entries(project) if job == "rollback"}
    assert rollback == {"['credit-risk', 'credit-risk-<< pipeline.parameters.stage >>']"}


def test_what_writes_to_the_registry_waits_for_its_turn(rendered: Render) -> None:
    groups: dict[str, set[str]] = {}
    for name, job, settings in entries(rendered("continuous")):
        groups.setdefault(job, set()).add(settings.get("serial-group", ""))
        jobs = [one for flow, _, one in entries(rendered("continuous")) if flow == name and "serial-group" in one]
        assert len({one["serial-group"] for one in jobs}) == len(jobs), "CircleCI knows a group once in a workflow"
    assert groups["retrain"] == groups["trigger"] == {"credit-risk/model"}
    assert groups["production"] == groups["rollback"] == groups["teardown"] == {"credit-risk/release"}


def test_what_sees_a_variable_reads_no_cache(rendered: Render) -> None:
    loaded = config(rendered("continuous"))
    kinds = {
        name: {step.kind for step in circleci.steps(loaded, job["steps"], {})} for name, job in loaded["jobs"].items()
    }
    private = {job for _, job, settings in entries(rendered("continuous")) if "context" in settings}
    assert len(private) >= 7
    assert not [name for name in private if kinds[name] & {"restore_cache", "save_cache"}]
    assert {"restore_cache", "save_cache"} <= kinds["check"], "no cache is seen at all"


def test_the_login_comes_from_the_cloud(rendered: Render) -> None:
    with_cloud = (rendered("continuous") / CONFIG).read_text()
    without = (rendered("continuous", cloud="none") / CONFIG).read_text()
    assert "AWS_WEB_IDENTITY_TOKEN_FILE" in with_cloud and "umask 077" in with_cloud
    assert "aws" not in without.lower() and "OIDC" not in without and "terraform" not in without.lower()


def shell(script: str, home: Path, status: int = 0, /, **variables: str) -> str:
    """Run a step, and after it one that prints its environment, as CircleCI does: it reads BASH_ENV before each.

    With a status, the step ends with that, and nothing follows it.
    """
    environment = {"PATH": f"{home}:{os.environ['PATH']}", "HOME": str(home), "BASH_ENV": str(home / "bash_env")}
    (home / "bash_env").touch()
    (home / "circleci-agent").write_text("#!/bin/sh\necho agent: $*\n")
    (home / "circleci-agent").chmod(0o755)
    shown = ""
    for step in (script,) if status else (script, "env"):
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", step], env=environment | variables, capture_output=True, text=True
        )
        assert done.returncode == status, done.stderr
        shown += done.stdout + done.stderr
    return shown


def scripts(project: Path, job: str) -> list[str]:
    loaded = config(project)
    return [step.script for step in circleci.steps(loaded, loaded["jobs"][job]["steps"], {}) if step.script]


def test_the_token_is_kept_out_of_the_checkout_and_out_of_reach(rendered: Render, tmp_path: Path) -> None:
    [script] = [one for one in scripts(rendered("continuous"), "retrain") if "CIRCLE_OIDC_TOKEN_V2" in one]
    token, role = {"CIRCLE_OIDC_TOKEN_V2": "token"}, {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/delivery"}
    assert "AWS_WEB_IDENTITY_TOKEN_FILE" not in shell(script, tmp_path, **token)
    assert f"AWS_WEB_IDENTITY_TOKEN_FILE={tmp_path}/.oidc-token\n" in shell(script, tmp_path, **token, **role)
    assert (tmp_path / ".oidc-token").read_text() == "token"
    assert stat.S_IMODE((tmp_path / ".oidc-token").stat().st_mode) == 0o600


def test_variables_get_the_names_that_the_project_reads(rendered: Render, tmp_path: Path) -> None:
    [script] = [one for one in scripts(rendered("continuous"), "retrain") if "STORAGE__ROOT" in one]
    assert "STORAGE__ROOT=artifacts\n" in shell(script, tmp_path)
    given = {"STORAGE_ROOT": "s3://bucket", "PREDICTION_LOG_SECRET": "a $HOME 'b'", "CIRCLE_USERNAME": "ada"}
    shown = shell(script, tmp_path, **given)
    assert "STORAGE__ROOT=s3://bucket\n" in shown and "PREDICTION_LOG__SECRET=a $HOME 'b'\n" in shown
    assert "RELEASED_BY=ada\n" in shown


def test_a_job_with_nothing_to_do_ends_green_and_says_why(rendered: Render, tmp_path: Path) -> None:
    past, cloud = scripts(rendered("continuous"), "deliver")[:2]
    assert "no past to look at.\nagent: step halt" in shell(past, tmp_path)
    assert "agent" not in shell(past, tmp_path, STORAGE_ROOT="s3://bucket")
    assert "agent: step halt" in shell(cloud, tmp_path, SCHEDULE="deliver", SCHEDULER="cloud")
    assert "agent" not in shell(cloud, tmp_path, SCHEDULE="none", SCHEDULER="cloud")
    assert "agent" not in shell(cloud, tmp_path, SCHEDULE="deliver")


@pytest.mark.parametrize(
    ("waits", "found"), [("7\n", "VERSION=7\n"), ("", "agent: step halt"), ("7; env", "agent: step halt")]
)
def test_production_takes_the_version_that_waited(rendered: Render, tmp_path: Path, waits: str, found: str) -> None:
    [script] = [one for one in scripts(rendered("continuous"), "production") if "/tmp/release/version" in one]
    (tmp_path / "version").write_text(waits)
    shown = shell(script.replace("/tmp/release", str(tmp_path)), tmp_path)
    assert found in shown and ("VERSION=" in shown) == (waits == "7\n")


def stand_in(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_images_are_signed_where_that_is_asked_for(rendered: Render, tmp_path: Path) -> None:
    """Stand-ins for make and for CircleCI's program say how they were called; test_signing.py tries the target."""
    *_, token, sign = scripts(rendered("continuous"), "publish")
    stand_in(tmp_path, "make", 'printf "[%s]" "$@"')
    stand_in(
        tmp_path, "circleci", '[ "$*" = \'run oidc get --root-issuer --claims {"aud": "sigstore"}\' ] && echo a.b-c_d'
    )
    job = {"CIRCLE_SHA1": "abc"}
    assert "[sign][SIGN=][TAG=abc]" in shell(sign, tmp_path, **job)
    assert "[sign][SIGN=true][TAG=abc]" in shell(sign, tmp_path, SIGN="true", **job)
    for variables in ({}, {"SIGN": "false"}, {"SIGN": "true", "SIGNING_KEY": "awskms:///alias/x"}):
        assert "SIGSTORE_ID_TOKEN" not in shell(token, tmp_path, **variables)
    assert "SIGSTORE_ID_TOKEN=a.b-c_d\n" in shell(token, tmp_path, SIGN="true")
    stand_in(tmp_path, "circleci", "exit 3")
    shell(token, tmp_path, 3, SIGN="true")


def test_an_environment_is_destroyed_by_a_role_for_that_alone(rendered: Render, tmp_path: Path) -> None:
    project = rendered("continuous")
    contexts = {job: settings.get("context", "") for _, job, settings in entries(project)}
    assert contexts.pop("teardown") == "credit-risk-teardown-<< pipeline.parameters.environment >>"
    assert "teardown" not in str(contexts)
    having = {job for job in config(project)["jobs"] if "AWS_TEARDOWN_ROLE_ARN" in str(scripts(project, job))}
    assert having == {"teardown"}
    [script] = [one for one in scripts(project, "teardown") if "AWS_TEARDOWN_ROLE_ARN" in one]
    given = {"CIRCLE_OIDC_TOKEN_V2": "token", "ENVIRONMENT": "staging", "AWS_ROLE_ARN": "arn:of:another"}
    assert "in the context of this job: no other role destroys staging.\n" in shell(script, tmp_path, 1, **given)
    assert not (tmp_path / ".oidc-token").exists()
    role = "arn:aws:iam::123456789012:role/teardown"
    shown = shell(script, tmp_path, AWS_TEARDOWN_ROLE_ARN=role, **given)
    assert f"AWS_ROLE_ARN={role}\n" in shown and f"AWS_WEB_IDENTITY_TOKEN_FILE={tmp_path}/.oidc-token\n" in shown
    assert stat.S_IMODE((tmp_path / ".oidc-token").stat().st_mode) == 0o600
    assert scripts(project, "teardown")[-1] == "timeout 60m make teardown CONFIRM="


def test_production_cannot_be_destroyed_and_nothing_by_default(rendered: Render) -> None:
    loaded = config(rendered("continuous"))
    chosen = loaded["parameters"]["environment"]
    assert (chosen["default"], chosen["enum"]) == ("none", ["none", "dev", "staging"])
    [values] = [
        values
        for _, values in circleci.pipelines(loaded)
        if values["pipeline.parameters.task"] == "teardown"
        and values["pipeline.parameters.environment"] == "none"
        and values["pipeline.parameters.stage"] == "production"
    ]
    assert not [name for name, flow in loaded["workflows"].items() if circleci.holds(flow["when"], values)]


def test_without_a_cloud_teardown_needs_nothing(rendered: Render) -> None:
    project = rendered("continuous", cloud="none")
    assert scripts(project, "teardown") == ["timeout 60m make teardown CONFIRM="]
    assert "AWS_TEARDOWN_ROLE_ARN" not in (project / "README.md").read_text()


def test_an_update_of_the_template_is_asked_for(project: Render, tmp_path: Path) -> None:
    folder, origin = project("manual", ci="circleci"), tmp_path / "origin.git"
    assert "up to date with its template" in make(folder, "template-request")
    running.propose(folder)
    refused = make(folder, "template-request", status=2)
    assert "What it does." in refused and "may not push: run `make template-update` yourself" in refused
    git(tmp_path, "init", "--quiet", "--bare", str(origin))
    git(folder, "remote", "add", "origin", str(origin))
    assert "rungs/update-v9 is pushed" in make(folder, "template-request")
    assert "rungs/update-v9" in git(origin, "branch", "--list")
