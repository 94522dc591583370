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
from running import make
from systems import running
from test_teardown import Terraform
from world import git

LEVELS = [str(level) for level in Level]
Render = Callable[..., Path]

# These may do more than read, and run no code of the project.
COMMENT, ATTEST, TEMPLATE = "pipeline.yml: comment", "publish.yml: attest", "template.yml: template"
RIGHTS = {
    COMMENT: {"pull-requests": "write"},
    ATTEST: {"attestations": "write", "id-token": "write", "packages": "write"},
    TEMPLATE: {"contents": "write", "issues": "write", "pull-requests": "write"},  # it pushes a branch
}

# One call of make, whose output may go to a file of the run; or an output of the job that make gives.
MAKE = r"make(?: --silent)?(?P<targets>(?: [a-z][a-z-]*)+)(?: [A-Z]+=\S+| [A-Z]+=\"[^\"]*\")*"
OUTPUT = rf'echo "\w+=\$\({MAKE.replace("targets", "inner")}\)" >> "\$GITHUB_OUTPUT"'
REFUSAL = re.compile(r'echo "::error::\$\w+ is empty: [^"]+"\nexit 1\n')  # a sentence, and the end
STEP = re.compile(rf'^(?:{MAKE}(?:(?: \| tee summary\.md)? >> "\$GITHUB_STEP_SUMMARY")?|{OUTPUT})$')
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
        lines = iter(found["dependabot.yml"].splitlines())  # new folders with dependencies come with a level
        assert all(line in lines for line in lower.get("dependabot.yml", "").splitlines())
        assert len(found) > len(lower)
        lower = found


@pytest.mark.parametrize("level", LEVELS)
def test_workflows_only_call_make_targets_that_exist(render: Render, level: str) -> None:
    project = render(level)
    runs = [(name, step["run"]) for name, step in steps(project) if "run" in step]
    assert runs
    others = [(name, run) for name, run in runs if not STEP.match(run) and name != COMMENT]
    assert [(name, run) for name, run in others if name != "setup" or not REFUSAL.fullmatch(run)] == []
    assert called(project) - targets(project) == set()


def test_each_level_calls_what_it_must(render: Render) -> None:
    needed = {
        "manual": {"setup", "check", "image", "infra-check"},
        "pipeline": {"pipeline", "publish", "retrain", "monitor", "summary"},
        "continuous": {"trigger", "promote", "smoke", "rollback", "teardown"},
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
        if name in RIGHTS:
            assert rights == RIGHTS[name]
            continue
        assert rights.pop("contents") == "read", name
        assert set(rights) <= {"id-token", "packages"}, name


def test_a_change_under_review_gets_no_right_but_to_read(render: Render) -> None:
    project = render("continuous")
    reviewing = {name for name, workflow in workflows(project).items() if "pull_request" in workflow[True]}  # key `on`
    assert {"ci.yml", "pipeline.yml"} <= reviewing
    for name, job in jobs(project):
        if name.split(":")[0] in reviewing:
            assert name == COMMENT or job["permissions"] == {"contents": "read"}, name
            assert "vars" not in str(job), f"{name} gives the repository's variables to a pull request"
            assert "secrets" not in str(job), name


def test_what_may_write_runs_no_code_of_the_project(render: Render) -> None:
    found = dict(jobs(render("continuous")))
    for name in (COMMENT, ATTEST):
        used = [step["uses"] for step in found[name]["steps"] if "uses" in step]
        assert used and not [action for action in used if action.startswith(("./", "actions/checkout@"))], name
        assert "make" not in str(found[name]["steps"]), name
    assert [step for step in found[ATTEST]["steps"] if "run" in step] == []
    comment = found[COMMENT]
    assert comment["needs"] == "sample"
    assert "github.event.pull_request.head.repo.full_name == github.repository" in comment["if"], "not for forks"
    assert [step["uses"].split("@")[0] for step in comment["steps"] if "uses" in step] == ["actions/download-artifact"]


@pytest.mark.parametrize("known", ["", "https://api.github.com/repos/o/r/issues/comments/7"])
def test_there_is_one_comment_and_it_is_text(render: Render, tmp_path: Path, known: str) -> None:
    """GitHub's own command is not at hand: what stands for it here writes down how it was called."""
    job = dict(jobs(render("pipeline")))[COMMENT]
    (script,) = (step["run"] for step in job["steps"] if "run" in step)
    gh = tmp_path / "bin/gh"
    gh.parent.mkdir()
    gh.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\ncase "$*" in *--jq*) echo "{known}" ;; esac\n')
    gh.chmod(0o755)
    environment = {"PATH": f"{gh.parent}:{os.environ['PATH']}", "MARK": job["env"]["MARK"], "COMMENTS": "comments"}
    environment |= {"HEAD": "abc", "RUN": "https://github.com/o/r/actions/runs/1"}

    def comment() -> list[str]:
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        subprocess.run(command, cwd=tmp_path, env=environment, check=True)
        calls = tmp_path / "calls"
        return calls.read_text().splitlines() if calls.exists() else []

    assert comment() == [], "nothing was left to comment"
    secret, summary = tmp_path / "secret", tmp_path / "summary.md"
    secret.write_text("of the runner")
    summary.symlink_to(secret)
    assert comment() == [], "it follows a link"
    summary.unlink()
    summary.write_text("| auc | `$(touch broken)` |\n" + "x" * 70_000)
    *_, last = comment()
    wanted = f"PATCH {known}" if known else "POST comments"
    assert last == f"api --silent --method {wanted} --field body=@comment.md"
    text = (tmp_path / "comment.md").read_text()
    assert text.startswith(f"{job['env']['MARK']}\n| auc | `$(touch broken)` |\n")
    assert len(text) < 65_536, "GitHub takes no longer one"
    assert "Of commit abc" in text.splitlines()[-1]
    assert not (tmp_path / "broken").exists()


@pytest.mark.parametrize("level", LEVELS)
def test_no_text_of_others_gets_into_a_shell_and_no_token_stays_on_disk(render: Render, level: str) -> None:
    for name, step in steps(render(level)):
        assert "${{" not in step.get("run", ""), name
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False, name


def test_what_writes_to_the_registry_waits_for_its_turn(render: Render) -> None:
    found = {name: workflow["concurrency"] for name, workflow in workflows(render("continuous")).items()}
    assert found["retrain.yml"] == found["trigger.yml"]
    for name in ("retrain.yml", "release.yml", "rollback.yml", "teardown.yml"):
        assert found[name]["cancel-in-progress"] is False


def test_nothing_waits_behind_an_approval(render: Render) -> None:
    """A group holds one run and one that waits, which a third replaces: a rollback must share it with no release."""
    groups = {name: workflow["concurrency"]["group"] for name, workflow in workflows(render("continuous")).items()}
    for name in ("release.yml", "rollback.yml", "teardown.yml"):
        assert [other for other, group in groups.items() if group == groups[name]] == [name]


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


def test_only_the_teardown_takes_the_role_that_destroys(render: Render) -> None:
    """What stands in an environment reaches the jobs that name it."""
    project, teardown = render("continuous"), "teardown.yml: teardown"
    roles = {name: step["with"].get("role") for name, step in steps(project) if "variables" in step.get("with", {})}
    assert len(roles) > 5 and {name: role for name, role in roles.items() if role} == {teardown: "TEARDOWN_"}
    places = {name: job["environment"] for name, job in jobs(project) if "teardown" in str(job.get("environment"))}
    assert places == {teardown: "teardown-${{ inputs.environment }}"}
    action = yaml.safe_load((project / ".github/actions/setup/action.yml").read_text())
    assert action["inputs"]["role"]["default"] == ""
    (login,) = (step for step in action["runs"]["steps"] if "configure-aws-credentials@" in step.get("uses", ""))
    role = "fromJSON(inputs.variables)[format('AWS_{0}ROLE_ARN', inputs.role)]"
    assert login["if"] == f"{role} != ''" and login["with"]["role-to-assume"] == f"${{{{ {role} }}}}"


def test_production_is_not_destroyed_nor_anything_by_accident(render: Render) -> None:
    """Without a default GitHub takes the first option, and does not start where it is empty and required."""
    choice = workflows(render("continuous"))["teardown.yml"][True]["workflow_dispatch"]["inputs"]["environment"]
    assert choice["options"] == ["", "dev", "staging"] and choice["required"] and "default" not in choice
    assert "CONFIRM" not in (render("continuous") / ".github/workflows/teardown.yml").read_text()


def test_without_a_cloud_nobody_hears_of_its_role(render: Render) -> None:
    project = render("continuous", cloud="none")
    files = [path for path in project.rglob("*") if path.is_file()]
    assert [path for path in files if "TEARDOWN_ROLE" in path.read_text(errors="ignore")] == []
    assert "nothing to destroy" in make(project, "teardown", ENVIRONMENT="staging")


@pytest.mark.slow
@pytest.mark.parametrize("role", ["", "arn:aws:iam::123456789012:role/credit-risk-teardown-staging"])
def test_what_is_destroyed_is_by_its_own_role_or_not_at_all(
    project: Render, runners: Path, tmp_path: Path, role: str
) -> None:
    folder, stand_in = project("continuous"), Terraform(tmp_path / "terraform")
    (folder / "infra/aws/backend.hcl").write_text('bucket = "credit-risk-state-123456789012"\n')
    given = {"environment": "staging", "AWS_REGION": "eu-central-1", "AWS_ROLE_ARN": "arn:of:delivery"}
    given |= {"AWS_TEARDOWN_ROLE_ARN": role} if role else {}
    words = [f"--var={name}={value}" for name, value in given.items()]
    path, terraform = folder / ".github/workflows/teardown.yml", str(stand_in.folder / "terraform")
    done = running.run(runners, "github-actions", path, "--event=manual", *words, terraform=terraform)
    assert "environment teardown-staging" in done.stdout
    if role:
        assert done.returncode == 0 and "staging is gone" in done.stdout, done.stdout + done.stderr
    else:
        assert done.returncode == 1, done.stdout + done.stderr
        assert "AWS_TEARDOWN_ROLE_ARN is empty: set it in this job's environment" in done.stdout
        assert stand_in.calls == [] and "make teardown: skipped" in done.stdout


@pytest.mark.parametrize(
    ("given", "signs"),
    [
        ({"SIGN": "true"}, 'sign sign "$pushed"'),
        ({"SIGN": "false", "SIGNING_KEY": "awskms:///alias/k"}, '--key "awskms:///alias/k"'),
        ({"SIGN": "false"}, "Nothing is signed"),
        ({"SIGN": "false", "SIGNING_KEY": ""}, "Nothing is signed"),
    ],
)
def test_images_are_signed_where_somebody_asks_for_it(render: Render, given: dict[str, str], signs: str) -> None:
    project = render("pipeline")
    job = dict(jobs(project))["publish.yml: publish"]
    assert job["env"]["SIGNING_KEY"] == "${{ vars.SIGNING_KEY }}"
    (step,) = (step for step in job["steps"] if step.get("run", "").startswith("make sign "))
    assert "if" not in step
    script = step["run"].replace("make sign ", "make --dry-run COSIGN=/bin/true sign ")
    environment = {**os.environ, "IMAGE": "ghcr.io/o/Credit", "GITHUB_SHA": "abc", **given}
    command = ["bash", "-eo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=True)
    assert signs in done.stdout
    assert ("Nothing is signed" in done.stdout) == ('sign sign "$pushed"' not in done.stdout)


def test_images_of_compose_files_are_kept_fresh(render: Render) -> None:
    """Dependabot finds them by their name, in the folders that it is told."""
    project = render("continuous")
    updates = yaml.safe_load((project / ".github/dependabot.yml").read_text())["updates"]
    (entry,) = (update for update in updates if update["package-ecosystem"] == "docker-compose")
    looked_at = {path for folder in entry["directories"] for path in project.glob(f"{folder[1:] or '.'}/compose*.yaml")}
    assert looked_at == set(project.rglob("compose*.yaml")) and len(looked_at) > 2


@pytest.mark.parametrize("cloud", ["aws", "none"])
@pytest.mark.parametrize("level", LEVELS)
def test_schema_semantics_commits_and_security(render: Render, runners: Path, level: str, cloud: str) -> None:
    project = render(level, cloud=cloud)
    for path in files(project):
        running.check(runners, "github-actions", path, project)


@pytest.mark.parametrize("level", LEVELS)
def test_zizmor_finds_nothing(render: Render, level: str) -> None:
    zizmor = Path(sys.executable).parent / "zizmor"
    command: list[str | Path] = [zizmor, "--offline", "--no-progress", "--format=json", render(level) / ".github"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    findings = [finding for finding in json.loads(done.stdout) if not finding["ignored"]]
    # It would rather have $/ than ./ before the name of our own action, which older servers do not know.
    assert [finding["desc"] for finding in findings if finding["ident"] != "self-repository"] == []
    assert {finding["ident"] for finding in findings} == {"self-repository"}, "zizmor read nothing"


@pytest.mark.parametrize("changed", ["README.md", ".github/workflows/ci.yml"])
def test_an_update_of_the_template_is_asked_for(project: Render, tmp_path: Path, changed: str) -> None:
    """GitHub's own command is not at hand: what stands for it here writes down how it was called."""
    folder, origin, bin = project("manual"), tmp_path / "origin.git", tmp_path / "bin"
    git(tmp_path, "init", "--quiet", "--bare", str(origin))
    git(folder, "remote", "add", "origin", str(origin))
    bin.mkdir()
    (bin / "gh").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\ncase "$2" in list) echo 0 ;; esac\n')
    (bin / "gh").chmod(0o755)
    path = f"{bin}:{os.environ['PATH']}"
    assert "up to date with its template" in make(folder, "template-request", PATH=path)
    running.propose(folder, changed)
    make(folder, "template-request", PATH=path)
    calls, pushed = (tmp_path / "calls").read_text(), git(origin, "branch", "--list")
    title, text = "--title Update the template from v8 to v9", (folder / "artifacts/template-request.txt").read_text()
    if changed == "README.md":
        assert f"pr create --head rungs/update-v9 {title}" in calls and "rungs/update-v9" in pushed
    else:
        assert f"issue create {title}" in calls and "pr create" not in calls and pushed == ""
        assert "It changes workflows" in text and text.startswith("What it does.")
