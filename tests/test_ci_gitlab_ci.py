"""The files of GitLab CI/CD: what they may call, what a change under review is given, and that they run."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from rungs.models import Level
from running import make
from systems import gitlab_ci, running
from world import git

LEVELS = [str(level) for level in Level]
Render = Callable[..., Path]

# One call of make; or a variable or a file that make fills.
MAKE = r"make(?: --silent)?(?: [a-z][a-z-]*)+(?: [A-Z]+=(?:\"[^\"]*\"|\S*))?"
CALL = re.compile(rf"^(?:{MAKE}(?: \| tee \S+)?|[A-Z]+=\$\({MAKE}\)|echo \"[A-Z]+=\$[A-Z]+\" > \S+)$")
NOTHING_WAITS = 'if [ -z "$VERSION" ]; then echo "Production serves it already."; exit 0; fi'


@pytest.fixture(scope="module")
def gitlab(render: Render) -> Render:
    return lambda level="manual", **answers: render(level, ci="gitlab-ci", **answers)


def files(project: Path) -> dict[str, str]:
    found = [project / ".gitlab-ci.yml", *sorted((project / "ci/gitlab-ci").iterdir())]
    return {str(path.relative_to(project)): path.read_text() for path in found}


def test_a_higher_level_adds_files_and_changes_none(gitlab: Render) -> None:
    lower: dict[str, str] = {}
    for level in LEVELS:
        found = files(gitlab(level))
        assert {name for name, text in lower.items() if found.get(name) != text} == set()
        assert len(found) > len(lower)
        lower = found


@pytest.mark.parametrize("level", LEVELS)
def test_jobs_only_call_make(gitlab: Render, level: str) -> None:
    jobs = gitlab_ci.jobs(gitlab_ci.whole(gitlab(level)))
    lines = [(name, line) for name, job in jobs.items() for line in (*job["script"], *job.get("after_script", ()))]
    assert lines
    assert [(name, line) for name, line in lines if not CALL.match(line) and line != NOTHING_WAITS] == []


@pytest.mark.parametrize("cloud", ["aws", "none"])
@pytest.mark.parametrize("level", LEVELS)
def test_schema_semantics_rules_and_shell(
    gitlab: Render, runners: Path, tmp_path: Path, level: str, cloud: str
) -> None:
    """The schema reads one file: so all of them are written into one."""
    folder = Path(shutil.copytree(gitlab(level, cloud=cloud), tmp_path / "project", symlinks=True))
    document = gitlab_ci.whole(folder)
    (folder / ".gitlab-ci.yml").write_text(yaml.safe_dump(document, sort_keys=False))
    running.check(runners, "gitlab-ci", folder / ".gitlab-ci.yml", folder)


def test_the_includes_are_read_as_gitlab_does_and_a_file_of_ones_own_adds_to_ours(
    gitlab: Render, runners: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(gitlab("continuous"), tmp_path / "project", symlinks=True))
    mine = {
        ".cloud": {"tags": ["inside"]},
        "lint": {"extends": ".change", "stage": "check", "script": ["make format"]},
    }
    (folder / "ci/gitlab-ci/mine.yml").write_text(yaml.safe_dump(mine))
    document = gitlab_ci.whole(folder)
    assert document["retrain"]["tags"] == ["inside"] and document["retrain"]["resource_group"] == "model"
    running.check(runners, "gitlab-ci", folder / ".gitlab-ci.yml", folder)


def test_a_change_under_review_gets_no_token_and_no_environment(gitlab: Render) -> None:
    document = gitlab_ci.whole(gitlab("continuous"))
    reviewed = {name for event, found in gitlab_ci.pipelines(document) if event == "change" for name in found}
    assert {"check", "images", "infrastructure", "sample", "scan"} == reviewed
    for name in reviewed:
        assert not {"id_tokens", "secrets", "environment"} & set(document[name]), name
        assert document[name]["interruptible"], name


def test_what_reaches_production_starts_on_the_protected_main_branch_alone(gitlab: Render) -> None:
    rules = gitlab_ci.whole(gitlab("continuous"))["workflow"]["rules"]
    task = {"TASK": "retrain", "CI_PIPELINE_SOURCE": "web", "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_BRANCH": "main"}
    protected = {**task, "CI_COMMIT_REF_PROTECTED": "true"}
    assert gitlab_ci.outcome(rules, protected) == "on_success"
    for other in (
        task,
        {**protected, "CI_COMMIT_BRANCH": "change"},
        {**protected, "TASK": ""},
        {**protected, "CI_PIPELINE_SOURCE": "parent_pipeline"},
    ):
        assert gitlab_ci.outcome(rules, other) == "never", other


def test_schedules_rest_where_the_cloud_has_its_own_and_stages_without_a_past_are_left_out(gitlab: Render) -> None:
    jobs = gitlab_ci.jobs(gitlab_ci.whole(gitlab("continuous")))
    scheduled = {"CI_PIPELINE_SOURCE": "schedule", "STORAGE_ROOT": "s3://bucket"}
    by_cloud, without = {**scheduled, "SCHEDULER": "cloud"}, {"CI_PIPELINE_SOURCE": "schedule", "STORAGE_ROOT": ""}

    def started(variables: dict[str, str]) -> set[str]:
        tasks = ({**variables, "TASK": task} for task in jobs)
        return {
            name for each in tasks for name, job in jobs.items() if gitlab_ci.outcome(job["rules"], each) != "never"
        }

    assert started(scheduled) - started(by_cloud) == {
        *("retrain", "monitor", "trigger", "deliver", "staging", "production")
    }
    assert started(by_cloud) == {"scan", "template"}
    assert started(without) == {"scan", "template", "retrain"}


def test_one_writer_at_a_time_and_production_waits_for_a_person(gitlab: Render) -> None:
    document = gitlab_ci.whole(gitlab("continuous"))
    groups = {name: job.get("resource_group") for name, job in gitlab_ci.jobs(document).items()}
    assert groups["retrain"] == groups["trigger"] == "model"
    assert groups["staging"] == groups["production"] == groups["rollback"] == groups["teardown"] == "release"
    for event, found in gitlab_ci.pipelines(document):
        if "production" in found:
            assert "staging" in found and found["production"] == "manual", event
    assert document["production"]["environment"] == "production"


def test_the_login_comes_from_the_cloud(gitlab: Render) -> None:
    with_cloud, without = (gitlab_ci.whole(gitlab("continuous", cloud=cloud)) for cloud in ("aws", "none"))
    signing = {"SIGSTORE_ID_TOKEN": {"aud": "sigstore"}}
    assert with_cloud["retrain"]["id_tokens"] == {**signing, "CLOUD_TOKEN": {"aud": "sts.amazonaws.com"}}
    assert "terraform" in with_cloud["infrastructure"]["image"]["name"]
    assert "python:" in without["infrastructure"]["image"]
    assert without["retrain"]["id_tokens"] == signing
    assert not re.search("aws|amazon|terraform", str(without), re.IGNORECASE)


def test_only_the_teardown_takes_the_role_that_destroys(gitlab: Render) -> None:
    """GitLab hands a variable with the scope of an environment to the jobs that name it."""
    jobs = gitlab_ci.jobs(gitlab_ci.whole(gitlab("continuous")))
    assert [name for name, job in jobs.items() if "AWS_TEARDOWN_ROLE_ARN" in str(job)] == ["teardown"]
    places = {name: job["environment"] for name, job in jobs.items() if "teardown" in str(job.get("environment"))}
    assert places == {"teardown": {"name": "teardown-$ENVIRONMENT", "deployment_tier": "other"}}
    assert jobs["teardown"]["id_tokens"]["CLOUD_TOKEN"] == {"aud": "sts.amazonaws.com"}
    assert "terraform" in jobs["teardown"]["image"]["name"]
    assert not jobs["teardown"]["interruptible"]
    for path in gitlab("continuous", cloud="none").rglob("*"):
        assert not path.is_file() or "TEARDOWN_ROLE" not in path.read_text(errors="ignore"), path


def test_production_is_not_destroyed_nor_anything_by_accident(gitlab: Render) -> None:
    document = gitlab_ci.whole(gitlab("continuous"))
    choice, job = document["variables"]["ENVIRONMENT"], document["teardown"]
    assert choice["value"] == "" and choice["options"] == ["", "dev", "staging"]
    asked = {"CI_PIPELINE_SOURCE": "web", "TASK": "teardown"}
    outcomes = {name: gitlab_ci.outcome(job["rules"], {**asked, "ENVIRONMENT": name}) for name in ("dev", "staging")}
    assert outcomes == {"dev": "on_success", "staging": "on_success"}
    for other in ({"ENVIRONMENT": "production"}, {"ENVIRONMENT": ""}, {}, {"ENVIRONMENT": "dev", "TASK": "rollback"}):
        assert gitlab_ci.outcome(job["rules"], {**asked, **other}) == "never", other
    for source in ("schedule", "api", "trigger", "push"):
        every = {**asked, "ENVIRONMENT": "dev", "CI_PIPELINE_SOURCE": source}
        assert gitlab_ci.outcome(job["rules"], every) == "never", source
    assert job["script"] == ["make teardown CONFIRM="]  # whoever starts a pipeline may give it a variable


@pytest.mark.parametrize("role", ["", "arn:of:teardown"])
def test_what_is_destroyed_is_by_its_own_role_or_not_at_all(gitlab: Render, tmp_path: Path, role: str) -> None:
    job = gitlab_ci.whole(gitlab("continuous"))["teardown"]
    script = "\n".join([*job["before_script"], 'echo "$AWS_ROLE_ARN: $(cat "$AWS_WEB_IDENTITY_TOKEN_FILE")"'])
    given = {"CI_PROJECT_DIR": str(tmp_path / "project"), "CI_ENVIRONMENT_NAME": "teardown-staging"}
    given |= {"AWS_ROLE_ARN": "arn:of:delivery", "AWS_TEARDOWN_ROLE_ARN": role, "CLOUD_TOKEN": "token"}
    given["AWS_WEB_IDENTITY_TOKEN_FILE"] = f"{tmp_path}/project.tmp/cloud-token"
    environment = {"PATH": os.environ["PATH"], **given}
    done = subprocess.run(["sh", "-e", "-c", script], env=environment, capture_output=True, text=True, check=False)
    if role:
        assert done.returncode == 0 and done.stdout == "arn:of:teardown: token\n", done.stderr
    else:
        assert done.returncode == 1 and done.stdout == ""
        assert done.stderr.startswith("AWS_TEARDOWN_ROLE_ARN is empty: set it with the scope teardown-staging")
        assert not (tmp_path / "project.tmp").exists()


@pytest.mark.parametrize(
    ("visibility", "host", "sign", "told"),
    [
        ("public", "gitlab.com", "", "true"),
        ("public", "gitlab.com", "false", "false"),
        ("public", "gitlab.example.com", "", ""),
        ("private", "gitlab.com", "", ""),
        ("private", "gitlab.com", "true", "true"),
    ],
)
def test_public_projects_of_gitlab_com_sign_and_others_where_somebody_asks_for_it(
    gitlab: Render, tmp_path: Path, visibility: str, host: str, sign: str, told: str
) -> None:
    job = gitlab_ci.whole(gitlab("pipeline"))["publish"]
    script = "\n".join([job["before_script"][-1], *job["script"]])
    (tmp_path / "make").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "make").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CI_PROJECT_VISIBILITY": visibility}
    environment |= {"CI_SERVER_HOST": host} | ({"SIGN": sign} if sign else {})
    command = ["bash", "-eo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"login image publish sign SIGN={told}", "--silent digests"]
    assert "images.json" in job["artifacts"]["paths"] and (tmp_path / "images.json").is_file()
    assert job["variables"]["RUNNER_GENERATE_ARTIFACTS_METADATA"] == "true"


def test_image_names_stand_in_one_file_with_their_version(gitlab: Render) -> None:
    found = {
        (name, image)
        for name, text in files(gitlab("continuous")).items()
        for image in re.findall(r"^ *(?:image:|name:|-) ([\w./-]+:[\w.-]+)$", text, re.MULTILINE)
    }
    assert {name for name, _ in found} == {"ci/gitlab-ci/setup.yml"}
    assert {image.split(":")[0] for _, image in found} == {"python", "docker", "hashicorp/terraform"}
    assert not any(image.endswith(":latest") for _, image in found)


def test_an_update_of_the_template_is_asked_for(project: Render, tmp_path: Path) -> None:
    """A bare repository that takes push options stands for GitLab here; its hook writes down what it is asked for."""
    folder, origin = project("manual", ci="gitlab-ci"), tmp_path / "origin.git"
    git(tmp_path, "init", "--quiet", "--bare", str(origin))
    hook = origin / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\nenv | grep ^GIT_PUSH_OPTION_ | sort > options\n")
    hook.chmod(0o755)
    git(folder, "remote", "add", "origin", str(origin))
    assert "up to date with its template" in make(folder, "template-request")
    running.propose(folder, request='What "it" does:\n\n- `$HOME`, 100%\n')
    refused = make(folder, "template-request", status=2)
    assert "Allow Git push requests" in refused
    git(origin, "config", "receive.advertisePushOptions", "true")
    make(folder, "template-request")
    assert "rungs/update-v9" in git(origin, "branch", "--list")
    assert (origin / "options").read_text().splitlines() == [
        "GIT_PUSH_OPTION_0=merge_request.create",
        "GIT_PUSH_OPTION_1=merge_request.title=Update the template from v8 to v9",
        r'GIT_PUSH_OPTION_2=merge_request.description=What "it" does:\n\n- `$HOME`, 100%\n',
        "GIT_PUSH_OPTION_COUNT=3",
    ]


def test_a_job_pushes_with_its_own_token_and_shows_it_to_nobody(project: Render, tmp_path: Path) -> None:
    folder = project("manual", ci="gitlab-ci")
    git(folder, "branch", "rungs/update-v9")
    (folder / "artifacts").mkdir(exist_ok=True)
    (folder / "artifacts/template-request.txt").write_text("What it does.\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text(
        f'#!/bin/sh\ncase "$*" in *push*) echo "$@" > {tmp_path}/called; shift 3\n'
        f'  printf "protocol=https\\nhost=gitlab.invalid\\n\\n" | {shutil.which("git")} -c credential.helper= -c "$1" '
        f'credential fill > {tmp_path}/login ;; *) exec {shutil.which("git")} "$@" ;; esac\n'
    )
    (tmp_path / "bin/git").chmod(0o755)
    path = f"{tmp_path}/bin:{os.environ['PATH']}"
    told = make(
        folder, "template-request", PATH=path, CI_JOB_TOKEN="s3cret", CI_PROJECT_URL="https://gitlab.invalid/g/p"
    )
    called, login = (tmp_path / "called").read_text(), (tmp_path / "login").read_text()
    assert "https://gitlab.invalid/g/p.git rungs/update-v9" in called
    assert "s3cret" not in called + told
    assert "username=gitlab-ci-token\npassword=s3cret\n" in login
