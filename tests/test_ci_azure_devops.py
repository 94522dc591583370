"""The pipelines of Azure DevOps: what they may call, what they reach, and that they run."""

import json
import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
import yaml

from rungs.models import Level
from running import make
from systems import azure_devops, running
from world import git

LEVELS = [str(level) for level in Level]
FOLDER = "ci/azure-devops"
Render = Callable[..., Path]

# A script calls make, or hands on what make gave: as a variable of the job, or to the page of the run.
MAKE = r"make(?: --silent)?(?: [a-z][a-z-]*)+(?: [A-Z]+=\S*| [A-Z]+=\"[^\"]*\")*"
LINE = re.compile(rf'(?:set -e|{MAKE}(?: > "\$AGENT_TEMPDIRECTORY/\w+\.md")?|\w+=\$\({MAKE}\)|echo "##vso\[.*)$')
OTHERS = re.compile(r"\$\{\{|\$\([\w.-]+\)")  # what Azure DevOps writes into a script


@pytest.fixture
def rendered(render: Render) -> Render:
    return lambda level, **answers: render(level, ci="azure-devops", **answers)


def documents(project: Path) -> dict[str, dict[str, Any]]:
    paths = [project / "azure-pipelines.yml", *sorted((project / FOLDER).glob("*.yml"))]
    return {path.name: yaml.safe_load(path.read_text()) for path in paths}


def pipelines(project: Path) -> list[Path]:
    """The files that a pipeline is made of; the others are parts of these."""
    names = [name for name, document in documents(project).items() if "trigger" in document]
    return [project / name if name == "azure-pipelines.yml" else project / FOLDER / name for name in names]


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(inner)


def test_a_higher_level_adds_files_and_changes_no_more_than_what_follows_a_retraining(rendered: Render) -> None:
    lower: dict[str, str] = {}
    for level in LEVELS:
        project = rendered(level)
        paths = [project / "azure-pipelines.yml", *(project / FOLDER).iterdir()]
        found = {path.name: path.read_text() for path in paths}
        changed = {name for name, text in lower.items() if found.get(name) != text}
        assert changed <= {"retrain.yml", "variables.yml"}  # the second belongs to the user from its first day on
        assert len(found) > len(lower)
        if "retrain.yml" in changed:
            assert found["retrain.yml"].startswith(lower["retrain.yml"])
        lower = found


@pytest.mark.parametrize("cloud", ["aws", "none"])
@pytest.mark.parametrize("level", LEVELS)
def test_schema_templates_and_conditions(rendered: Render, runners: Path, level: str, cloud: str) -> None:
    project = rendered(level, cloud=cloud)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda path: running.check(runners, "azure-devops", path, project), pipelines(project)))


def test_they_hold_when_all_variables_are_filled_in(project: Render, runners: Path) -> None:
    folder = project("continuous", ci="azure-devops")
    variables = folder / FOLDER / "variables.yml"
    variables.write_text(variables.read_text().replace('""', "something"))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda path: running.check(runners, "azure-devops", path, folder), pipelines(folder)))


@pytest.mark.parametrize("level", LEVELS)
def test_scripts_only_call_make_and_hold_no_text_of_others(rendered: Render, level: str) -> None:
    project = rendered(level, cloud="none")
    scripts = [node["bash"] for document in documents(project).values() for node in nodes(document) if "bash" in node]
    lines = [line for script in scripts for line in script.strip().splitlines() if "pip install" not in line]
    assert len(lines) >= 6
    assert [line for line in lines if not LINE.match(line)] == []
    with_cloud = documents(rendered(level, cloud="aws"))
    everything = [node["bash"] for document in with_cloud.values() for node in nodes(document) if "bash" in node]
    assert len(everything) > len(scripts)
    assert [script for script in everything if OTHERS.search(script)] == []
    called = {target for script in scripts for target in re.findall(r" ([a-z][a-z-]+)(?=[ )\n]|$)", script)}
    text = "\n".join(path.read_text() for path in (project / "Makefile", *project.glob("*/*/*.mk")))
    known = set(re.findall(r"^([a-z][a-z-]*)::?(?:\s|$)", text, re.MULTILINE))
    assert {"check", "template-request"} <= called & known
    assert not {job for jobs in azure_devops.read(project).values() for job in jobs.runs} - known


def test_what_writes_waits_for_its_turn_and_production_for_a_person(rendered: Render) -> None:
    found = documents(rendered("continuous"))
    stages = {node["stage"]: node for document in found.values() for node in nodes(document) if "stage" in node}
    places = {name: stage["jobs"][0].get("environment") for name, stage in stages.items()}
    assert places["retrain"] == places["trigger"] == "training"
    assert (places["production"], places["rollback"]) == ("production", "${{ parameters.stage }}")
    assert places["teardown"] == "teardown-${{ parameters.environment }}"
    for name in ("retrain", "trigger", "production", "rollback", "deliver", "teardown"):
        assert stages[name]["lockBehavior"] == "sequential", name
    # An hourly run ends with the answer of the person whom it asks, and the next one starts after that.
    assert [schedule["batch"] for schedule in found["trigger.yml"]["schedules"]] == [True]


def test_the_cloud_is_named_where_there_is_one(rendered: Render) -> None:
    project = rendered("continuous", cloud="none")
    for path in (*(project / FOLDER).iterdir(), project / "azure-pipelines.yml"):
        assert not re.search("aws|terraform", path.read_text(), re.IGNORECASE), path.name
    protected = (rendered("continuous") / FOLDER / "protected.yml").read_text()
    assert "serviceConnectionId" in protected and "umask 077" in protected


# The login, against a server that answers as Azure DevOps and AWS do

KEYS = {"AccessKeyId": "made-up-id", "SecretAccessKey": "made-up-secret", "SessionToken": "made-up-session"}
ANSWER = {"AssumeRoleWithWebIdentityResponse": {"AssumeRoleWithWebIdentityResult": {"Credentials": KEYS}}}


@contextmanager
def server(status: int) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Answer calls for a token and for keys. The calls are kept: path, header Authorization, body."""
    calls: list[tuple[str, str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            calls.append((self.path, self.headers.get("Authorization", ""), body))
            for_token = self.path.startswith("/oidc")
            self.send_response(200 if for_token else status)
            self.end_headers()
            self.wfile.write(json.dumps({"oidcToken": "made-up-token"} if for_token else ANSWER).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=listener.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}", calls
    finally:
        listener.shutdown()
        listener.server_close()


def login(project: Path, file: str) -> dict[str, Any]:
    (step,) = [step for step in nodes(documents(project)[file]) if "SYSTEM_ACCESSTOKEN" in step.get("env", ())]
    return step


def log_in(project: Path, folder: Path, address: str) -> subprocess.CompletedProcess[str]:
    script = login(project, "protected.yml")["bash"]
    environment = {
        "PATH": os.environ["PATH"],
        "AGENT_TEMPDIRECTORY": str(folder),
        "AWS_ENDPOINT_URL_STS": address,
        "AWS_REGION": "eu-central-1",
        "BUILD_BUILDID": "7",
        "CONNECTION": "11111111-2222",
        "ROLE": "arn:aws:iam::111122223333:role/credit-risk-production-delivery",
        "SYSTEM_ACCESSTOKEN": "token-of-the-job",
        "SYSTEM_OIDCREQUESTURI": f"{address}/oidc",
    }
    return subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=False)


def test_the_login_trades_the_token_of_a_service_connection_for_keys_of_an_hour(
    rendered: Render, tmp_path: Path
) -> None:
    with server(200) as (address, calls):
        done = log_in(rendered("continuous"), tmp_path, address)
    assert done.returncode == 0, done.stderr
    (path, authorization, _), (_, _, asked) = calls
    assert path == "/oidc?api-version=7.1&serviceConnectionId=11111111-2222"
    assert authorization == "Bearer token-of-the-job"
    assert parse_qs(asked)["WebIdentityToken"] == ["made-up-token"]
    assert parse_qs(asked)["RoleArn"] == ["arn:aws:iam::111122223333:role/credit-risk-production-delivery"]
    (left,) = tmp_path.iterdir()
    assert left.read_text().splitlines() == [
        "[default]",
        "aws_access_key_id = made-up-id",
        "aws_secret_access_key = made-up-secret",
        "aws_session_token = made-up-session",
    ]
    assert stat.S_IMODE(left.stat().st_mode) == 0o600
    assert done.stdout == f"##vso[task.setvariable variable=AWS_SHARED_CREDENTIALS_FILE]{left}\n"
    assert "made-up" not in done.stderr


def test_a_login_that_is_refused_turns_the_job_red(rendered: Render, tmp_path: Path) -> None:
    with server(403) as (address, calls):
        done = log_in(rendered("continuous"), tmp_path, address)
    assert len(calls) == 2
    assert done.returncode != 0
    assert "403" in done.stderr and "task.setvariable" not in done.stdout


def test_an_environment_is_destroyed_by_a_role_for_that_alone(rendered: Render) -> None:
    project = rendered("continuous")
    assert [path.name for path in (project / FOLDER).iterdir() if "TEARDOWN" in path.read_text()] == ["teardown.yml"]
    found = documents(project)["teardown.yml"]
    place = "teardown-${{ parameters.environment }}"
    named = {key: value for node in nodes(found) for key, value in node.items() if isinstance(value, str)}
    assert named["environment"] == named["group"] == named["containerRegistry"] == place
    ours, shared = login(project, "teardown.yml"), login(project, "protected.yml")
    assert ours["bash"] == shared["bash"]
    assert ours["env"]["ROLE"] == "$(AWS_TEARDOWN_ROLE_ARN)"
    assert ours["env"]["CONNECTION"] == "$(AWS_TEARDOWN_CONNECTION)"
    assert not re.search(r"AWS_ROLE_ARN|AWS_CONNECTION|protected.yml", (project / FOLDER / "teardown.yml").read_text())


def test_production_cannot_be_destroyed_and_nothing_by_default(rendered: Render) -> None:
    (chosen,) = documents(rendered("continuous"))["teardown.yml"]["parameters"]
    assert (chosen["default"], chosen["values"]) == ("none", ["none", "dev", "staging"])


@pytest.mark.parametrize(("role", "connection"), [("", ""), ("", "1111"), ("arn:aws:iam::111122223333:role/x", "")])
def test_without_its_role_nothing_is_destroyed(rendered: Render, role: str, connection: str) -> None:
    steps = list(nodes(documents(rendered("continuous"))["teardown.yml"]))
    scripts = [step["bash"] for step in steps if "bash" in step]
    (asks,) = [script for script in scripts if "AWS_TEARDOWN_ROLE_ARN" in script]
    assert scripts.index(asks) < scripts.index("make teardown CONFIRM=")
    assert not [step for step in steps if "bash" in step and {"condition", "continueOnError"} & set(step)]
    environment = {"PATH": os.environ["PATH"], "ENVIRONMENT": "staging", "AWS_ROLE_ARN": "arn:of:another"}
    given = {"AWS_TEARDOWN_ROLE_ARN": role, "AWS_TEARDOWN_CONNECTION": connection}
    for variables, status in ((given, 1), (dict.fromkeys(given, "set"), 0)):
        done = subprocess.run(["bash", "-c", asks], env=environment | variables, capture_output=True, text=True)
        assert done.returncode == status
        assert ("in the group teardown-staging: no other role destroys it." in done.stderr) == (status == 1)


def test_without_a_cloud_teardown_needs_nothing(rendered: Render) -> None:
    found = list(nodes(documents(rendered("continuous", cloud="none"))["teardown.yml"]))
    assert [node["bash"] for node in found if "bash" in node] == ["make teardown CONFIRM="]
    assert not [node for node in found if "group" in node or "task" in node]


@pytest.mark.parametrize(
    ("given", "asked"), [({}, ""), ({"SIGN": "true"}, "true"), ({"SIGN": "no thanks"}, "no thanks")]
)
def test_images_are_signed_where_that_is_asked_for(
    rendered: Render, tmp_path: Path, given: dict[str, str], asked: str
) -> None:
    """A make that says how it was called stands here; what the target does, test_signing.py tries."""
    (script,) = [node["bash"] for node in nodes(documents(rendered("pipeline"))["publish.yml"]) if "bash" in node]
    (tmp_path / "make").write_text('#!/bin/sh\nprintf "[%s]" "$@"\n')
    (tmp_path / "make").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"} | given
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"[login][image][publish][sign][SIGN={asked}]"


def test_an_update_of_the_template_is_asked_for(project: Render, tmp_path: Path) -> None:
    """Azure's own command is not at hand: what stands for it here writes down how it was called."""
    folder, origin, bin = project("manual", ci="azure-devops"), tmp_path / "origin.git", tmp_path / "bin"
    git(tmp_path, "init", "--quiet", "--bare", str(origin))
    git(folder, "remote", "add", "origin", str(origin))
    bin.mkdir()
    (bin / "az").write_text(
        f'#!/bin/sh\necho "$AZURE_DEVOPS_EXT_PAT: $@" >> {tmp_path}/calls\n[ "$3" != list ] || echo 0\n'
    )
    (bin / "az").chmod(0o755)
    job = {
        "PATH": f"{bin}:{os.environ['PATH']}",
        "SYSTEM_ACCESSTOKEN": "token-of-the-job",
        "SYSTEM_COLLECTIONURI": "https://dev.azure.invalid/acme/",
        "SYSTEM_TEAMPROJECT": "Credit risk",
        "BUILD_REPOSITORY_NAME": "credit-risk",
        "BUILD_REPOSITORY_PROVIDER": "TfsGit",
    }
    assert "up to date with its template" in make(folder, "template-request", status=0, **job)
    git(folder, "switch", "--quiet", "--detach", "main")  # as Azure DevOps checks out
    running.propose(folder, "azure-pipelines.yml")
    elsewhere = make(folder, "template-request", status=2, **{**job, "BUILD_REPOSITORY_PROVIDER": "GitHub"})
    assert "push rungs/update-v9" in elsewhere and git(origin, "branch", "--list") == ""
    assert "token-of-the-job" not in make(folder, "template-request", status=0, **job)
    assert "rungs/update-v9" in git(origin, "branch", "--list")
    listed, created = (tmp_path / "calls").read_text().splitlines()
    assert listed.startswith("token-of-the-job: repos pr list --organization https://dev.azure.invalid/acme/")
    assert "--project Credit risk --repository credit-risk --source-branch rungs/update-v9" in created
    assert "--title Update the template from v8 to v9 --description What it does." in created
