"""The Jenkinsfiles: what they may call, which credentials they have where, and that their stages run."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rungs.models import Level
from running import make
from systems import jenkins, running
from world import git

LEVELS = [str(level) for level in Level]
TEARDOWN = "ci/jenkins/teardown/teardown.Jenkinsfile"
Render = Callable[..., Path]

# Stands for the server's Job DSL: writes down what a script calls, with the blocks around it.
JOB_DSL = """
class Calls {
    String place = ''
    def methodMissing(String name, Object arguments) {
        def all = arguments as List
        def words = all.findAll { !(it instanceof Closure) }
        println(([place + name] + words).join(' '))
        all.findAll { it instanceof Closure }.each { body ->
            body.delegate = new Calls(place: place + name + '.')
            body.resolveStrategy = Closure.DELEGATE_FIRST
            body.call()
        }
    }
}
abstract class Seed extends Script {
    String readFileFromWorkspace(String path) { new File(path).text }
    def pipelineJob(Object... all) { new Calls().methodMissing('pipelineJob', all) }
    def queue(Object... all) { new Calls().methodMissing('queue', all) }
}
def settings = new org.codehaus.groovy.control.CompilerConfiguration(scriptBaseClass: Seed.name)
def given = new groovy.json.JsonSlurper().parseText(args[1])
new GroovyShell(this.class.classLoader, new Binding(given), settings).evaluate(new File(args[0]))
"""


@pytest.fixture
def rendered(render: Render) -> Render:
    return lambda level, **answers: render(level, ci="jenkins", **answers)


def files(project: Path) -> dict[str, str]:
    paths = (project / "Jenkinsfile", *sorted((project / "ci/jenkins").rglob("*")))
    return {str(path.relative_to(project)): path.read_text() for path in paths if path.is_file()}


def jenkinsfiles(project: Path) -> Iterator[tuple[str, str]]:
    yield from ((name, text) for name, text in files(project).items() if name.endswith("Jenkinsfile"))


def test_syntax_and_grammar(rendered: Render, runners: Path) -> None:
    """At the highest level: the files of the lower ones are among them, as the next test says."""
    project = rendered("continuous")
    for name, _ in jenkinsfiles(project):
        running.check(runners, "jenkins", project / name, project)


def test_a_higher_level_adds_files_and_changes_none_and_one_alone_names_a_cloud(rendered: Render) -> None:
    lower: dict[str, str] = {}
    for level in LEVELS:
        found = files(rendered(level))
        assert lower.items() < found.items()
        lower = found
    without = files(rendered("continuous", cloud="none"))
    assert without.keys() == lower.keys()
    assert {name for name, text in lower.items() if without[name] != text} == {TEARDOWN}
    assert "aws" not in str(without).lower() and "terraform" not in str(without).lower()
    assert "Login to AWS" in (rendered("continuous") / "README.md").read_text()
    plain = (rendered("continuous", cloud="none") / "README.md").read_text()
    assert "operations/rollback" in plain and "AWS" not in plain


def test_scripts_call_make_alone_and_hold_no_text_of_others(rendered: Render) -> None:
    for name, text in jenkinsfiles(rendered("continuous")):
        scripts = re.findall(r"\bsh\b(?: |\((?:script: )?)(.*)", text)
        assert len(scripts) == len(re.findall(r"\bsh\b", text)) > 0
        for script in scripts:
            assert re.match(r"""'make [^'$]*(?:"[^"']*"[^'$]*)*'""", script), f"{name}: {script}"


def test_only_jobs_of_operations_have_credentials(rendered: Render) -> None:
    for name, text in jenkinsfiles(rendered("continuous")):
        private = name.startswith(("ci/jenkins/operations/", "ci/jenkins/teardown/"))
        assert bool(re.search(r"\bcredentials\(|credentialsId", text)) == private, name
        assert set(re.findall(r"agent \{ label '(\w+)", text)) == {"operations" if private else "changes"}, name
        assert ("'repository'" in text) == (name == "ci/jenkins/operations/template.Jenkinsfile")


def test_what_writes_to_the_registry_waits_for_its_turn_and_what_is_stale_ends(rendered: Render) -> None:
    found = dict(jenkinsfiles(rendered("continuous")))
    locks = {Path(name).stem: re.findall(r"\block\(resource: '([\w-]+)'\)", text) for name, text in found.items()}
    assert locks["retrain"] == locks["trigger"] == ["credit-risk-model"]
    assert locks["release"] == locks["rollback"] == locks["teardown"] == ["credit-risk-release"]
    for name, text in found.items():
        pipeline = jenkins.code(text)
        change = name == "Jenkinsfile" or name.startswith("ci/jenkins/changes/")
        stale = "abortPrevious: env.BRANCH_NAME != 'main'" if change else ""
        assert f"disableConcurrentBuilds({stale})" in pipeline.block("options").text, name
        assert "buildDiscarder(" in pipeline.block("options").text, name


def test_who_approves_holds_nobody_up(rendered: Render) -> None:
    release = jenkins.code((rendered("continuous") / "ci/jenkins/operations/release.Jenkinsfile").read_text())
    stages = {stage.name: stage.code for stage in release.block("stages").stages()}
    assert list(stages) == ["staging", "approval", "production"]
    assert "input(" in stages["approval"].bare
    assert "agent" not in stages["approval"].bare and "lock(" not in stages["approval"].bare
    assert "lock(" not in release.block("options").bare
    for name in ("approval", "production"):
        assert "version != ''" in stages[name].block("when").text


@pytest.mark.parametrize(
    ("path", "old", "new", "stage", "told"),
    [
        ("ci/jenkins/operations/release.Jenkinsfile", "input(", "print(", "production", "approval"),
        ("ci/jenkins/operations/release.Jenkinsfile", "'retrain, trigger'", "'retrain'", "staging", "after"),
        ("ci/jenkins/operations/retrain.Jenkinsfile", "cron(", "print(", "retrain", "on"),
        ("ci/jenkins/operations/retrain.Jenkinsfile", "GenericTrigger(", "print(", "retrain", "on"),
        ("ci/jenkins/operations/retrain.Jenkinsfile", "not {", "allOf {", "retrain", "on"),
        ("ci/jenkins/operations/publish.Jenkinsfile", "pollSCM(", "cron(", "publish", "on"),
        ("ci/jenkins/operations/deliver.Jenkinsfile", "timeout(", "print(", "deliver", "minutes"),
        ("ci/jenkins/operations/monitor.Jenkinsfile", "make monitor", "make trigger", "monitor", "runs"),
        ("ci/jenkins/changes/sample.Jenkinsfile", "label 'changes'", "label 'operations'", "sample", "sees"),
        (
            "ci/jenkins/changes/sample.Jenkinsfile",
            "CI = 'true'",
            "SETTINGS = credentials('settings')",
            "sample",
            "sees",
        ),
        ("Jenkinsfile", "not { triggeredBy 'TimerTrigger' }", "branch 'main'", "check", "on"),
        ("Jenkinsfile", "not { triggeredBy 'TimerTrigger' }", "changeRequest()", "check", "on"),
        ("Jenkinsfile", "parallel {", "stages {", "image", "after"),
    ],
)
def test_the_reader_sees_what_changes(
    rendered: Render, tmp_path: Path, path: str, old: str, new: str, stage: str, told: str
) -> None:
    for name, text in jenkinsfiles(rendered("continuous")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    before = jenkins.read(tmp_path)[stage]
    file = tmp_path / path
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    after = jenkins.read(tmp_path)[stage]
    assert vars(after)[told] != vars(before)[told]


def test_the_role_that_destroys_is_for_one_job(rendered: Render) -> None:
    jobs = jenkins.read(rendered("continuous"))
    assert jobs["teardown"].sees == {"operations", "teardown-${params.ENVIRONMENT}"}
    for name, text in jenkinsfiles(rendered("continuous")):
        assert ("AWS_TEARDOWN_ROLE_ARN" in text) == ("teardown-$" in text) == (name == TEARDOWN)
    without = rendered("continuous", cloud="none")
    assert jenkins.read(without)["teardown"].sees == {"operations"}
    assert "id-token" not in (without / TEARDOWN).read_text()


@pytest.fixture
def run(runners: Path, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Runs a Jenkinsfile with a make that says how it was called, and what it was given."""
    shown = "ENVIRONMENT AWS_ROLE_ARN AWS_REGION AWS_WEB_IDENTITY_TOKEN_FILE SIGNING_KEY"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/make").write_text(
        '#!/bin/bash\necho "make $*"\n'
        f'for name in {shown}; do if [ -n "${{!name}}" ]; then echo "$name=${{!name}}"; fi; done\n'
    )
    (tmp_path / "bin/make").chmod(0o755)

    def running_it(project: Path, path: str, **given: str) -> tuple[int, str]:
        words = [f"--var={name.replace('_', '-') if name.islower() else name}={value}" for name, value in given.items()]
        command: list[str | Path] = [
            runners / "ci-run",
            "jenkins",
            path,
            "--workspace",
            project,
            "--event=manual",
            *words,
        ]
        environment = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
        done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    return running_it


def test_production_cannot_be_chosen_nor_anything_by_accident(
    rendered: Render, run: Callable[..., tuple[int, str]]
) -> None:
    project = rendered("continuous")
    assert "name: 'ENVIRONMENT', choices: ['none', 'dev', 'staging']" in (project / TEARDOWN).read_text()
    assert "expression { params.ENVIRONMENT in ['dev', 'staging'] }" in (project / TEARDOWN).read_text()
    status, said = run(project, TEARDOWN, ENVIRONMENT="production")
    assert status == 2 and "ENVIRONMENT can be none, dev, staging" in said and "make" not in said


def test_what_is_destroyed_is_by_its_own_role_or_not_at_all(
    rendered: Render, run: Callable[..., tuple[int, str]]
) -> None:
    role = "arn:aws:iam::123456789012:role/credit-risk-teardown-staging"
    settings = f"AWS_TEARDOWN_ROLE_ARN={role} AWS_REGION=eu-central-1"
    status, said = run(rendered("continuous"), TEARDOWN, ENVIRONMENT="staging", teardown_staging=settings)
    lines = [line.strip() for line in said.splitlines()]
    assert status == 0, said
    assert "make teardown CONFIRM=" in lines and "ENVIRONMENT=staging" in lines
    assert f"AWS_ROLE_ARN={role}" in lines and "AWS_REGION=eu-central-1" in lines
    assert any(line.startswith("AWS_WEB_IDENTITY_TOKEN_FILE=/") for line in lines)
    other = "AWS_ROLE_ARN=arn:aws:iam::123456789012:role/credit-risk-staging-delivery"
    status, said = run(rendered("continuous"), TEARDOWN, ENVIRONMENT="staging", teardown_staging=other)
    assert status == 1 and "make" not in said
    assert "AWS_TEARDOWN_ROLE_ARN is not set: teardown-staging must name the role that may destroy it." in said


@pytest.mark.parametrize("asked", ["", " SIGN=true SIGNING_KEY=awskms:///alias/credit-risk-signing"])
def test_images_are_signed_where_the_settings_ask_for_it(
    project: Render, run: Callable[..., tuple[int, str]], asked: str
) -> None:
    folder = project("pipeline", ci="jenkins")
    settings = f"IMAGE=registry.example.com/credit-risk{asked}"
    status, said = run(folder, "ci/jenkins/operations/publish.Jenkinsfile", settings=settings)
    lines = [line.strip() for line in said.splitlines()]
    assert status == 0, said
    (publish,) = (line for line in lines if line.startswith("make image publish sign TAG="))
    assert publish.endswith(" SIGN=true" if asked else " SIGN=")
    assert ("SIGNING_KEY=awskms:///alias/credit-risk-signing" in lines) == bool(asked)


def test_each_protected_file_becomes_a_job(rendered: Render, runners: Path, tmp_path: Path) -> None:
    operations = rendered("continuous") / "ci/jenkins/operations"
    names = sorted(path.name for path in operations.iterdir())
    (tmp_path / "jobs.txt").write_text("\n".join(names) + "\n")
    (tmp_path / "seed.groovy").write_text(JOB_DSL)
    cache = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    installed = Path(os.environ.get("CI_RUNNERS_DIR", f"{cache}/ci-runners"))
    java = next((installed / "venv").rglob("java-runtime/bin/java"))
    groovy = next((installed / "debian").rglob("groovy-all-*[0-9].jar"))
    for given in ({}, {"REPOSITORY_CREDENTIAL": "reader"}):
        variables = json.dumps({"GIT_URL": "https://git.example.com/risk.git", **given})
        script = operations.parent / "jobs.groovy"
        command: list[str | Path] = [java, "-cp", groovy, "groovy.ui.GroovyMain", "seed.groovy", script, variables]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stderr
        git, source = "pipelineJob.definition.cpsScm.scm.git", "pipelineJob.definition.cpsScm"
        assert done.stdout.splitlines() == [
            line
            for name in names
            for job in [name.removesuffix(".Jenkinsfile")]
            for line in (
                *(f"pipelineJob {job}", "pipelineJob.definition", source, f"{source}.scm", git, f"{git}.remote"),
                f"{git}.remote.url https://git.example.com/risk.git",
                *([f"{git}.remote.credentials reader"] if given else []),
                *(f"{git}.branch main", f"{source}.scriptPath ci/jenkins/operations/{name}"),
                *(f"{source}.lightweight true", f"queue {job}"),
            )
        ]


@pytest.mark.parametrize("host", ["gitlab", "elsewhere"])
def test_an_update_of_the_template_is_asked_for(project: Render, tmp_path: Path, host: str) -> None:
    """GitLab opens merge requests by options of a push: this origin writes them down as GitLab would read them."""
    folder, origin = project("manual", ci="jenkins"), tmp_path / f"{host}.git"
    git(tmp_path, "init", "--quiet", "--bare", str(origin))
    git(origin, "config", "receive.advertisePushOptions", "true")
    hook = f'#!/bin/sh\nfor i in 0 1 2; do eval echo \\"\\$GIT_PUSH_OPTION_$i\\"; done > {tmp_path}/options\n'
    (origin / "hooks/pre-receive").write_text(hook)
    (origin / "hooks/pre-receive").chmod(0o755)
    git(folder, "remote", "add", "origin", str(origin))
    git(folder, "switch", "--quiet", "--detach")  # as Jenkins checks out
    assert "up to date with its template" in make(folder, "template-request")
    running.propose(folder)
    said = make(folder, "template-request", REPOSITORY_USER="robot", REPOSITORY_TOKEN="s3cret")
    assert "rungs/update-v9" in git(origin, "branch", "--list") and "s3cret" not in said
    options = (tmp_path / "options").read_text().split("\n")[:3]
    if host == "gitlab":
        title = "merge_request.title=Update the template from v8 to v9"
        assert options == ["merge_request.create", "merge_request.target=main", title]
        assert "Its merge is asked for" in said
    else:
        assert options == ["", "", ""]
        assert "Ask for its merge into main" in said
