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
from world import commit, git

LEVELS = [str(level) for level in Level]
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


def test_a_higher_level_adds_files_and_changes_none_and_no_cloud_is_named(rendered: Render) -> None:
    lower: dict[str, str] = {}
    for level in LEVELS:
        found = files(rendered(level))
        assert lower.items() < found.items()
        assert "aws" not in str(found).lower() and "terraform" not in str(found).lower()
        lower = found
    assert files(rendered("continuous", cloud="none")) == lower
    assert "Login to AWS" in (rendered("continuous") / "README.md").read_text()
    without = (rendered("continuous", cloud="none") / "README.md").read_text()
    assert "operations/rollback" in without and "AWS" not in without


def test_scripts_call_make_alone_and_hold_no_text_of_others(rendered: Render) -> None:
    for name, text in jenkinsfiles(rendered("continuous")):
        scripts = re.findall(r"\bsh\b(?: |\((?:script: )?)(.*)", text)
        assert len(scripts) == len(re.findall(r"\bsh\b", text)) > 0
        for script in scripts:
            assert re.match(r"""'make [^'$]*(?:"[^"']*")?[^'$]*'""", script), f"{name}: {script}"


def test_only_jobs_of_operations_have_credentials(rendered: Render) -> None:
    for name, text in jenkinsfiles(rendered("continuous")):
        private = name.startswith("ci/jenkins/operations/")
        assert bool(re.search(r"\bcredentials\(|credentialsId", text)) == private, name
        assert set(re.findall(r"agent \{ label '(\w+)", text)) == {"operations" if private else "changes"}, name
        assert ("'repository'" in text) == (name == "ci/jenkins/operations/template.Jenkinsfile")


def test_what_writes_to_the_registry_waits_for_its_turn_and_what_is_stale_ends(rendered: Render) -> None:
    found = dict(jenkinsfiles(rendered("continuous")))
    locks = {Path(name).stem: re.findall(r"\block\(resource: '([\w-]+)'\)", text) for name, text in found.items()}
    assert locks["retrain"] == locks["trigger"] == ["credit-risk-model"]
    assert locks["release"] == locks["rollback"] == ["credit-risk-release"]
    for name, text in found.items():
        pipeline = jenkins.code(text)
        stale = "abortPrevious: env.BRANCH_NAME != 'main'" if "operations" not in name else ""
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
    git(folder, "switch", "--quiet", "--create", "rungs/update-v9")
    (folder / "README.md").write_text("better\n")
    commit(folder, "Update the template from v8 to v9")
    git(folder, "switch", "--quiet", "--detach", "main")
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


@pytest.mark.systems
def test_check_runs_to_green(project: Render, runners: Path) -> None:
    folder = project("manual", ci="jenkins")
    done = running.run(runners, "jenkins", folder / "Jenkinsfile", "--event", "pull-request", "--job", "check")
    assert done.returncode == 0, f"{done.stdout[-5000:]}{done.stderr[-2000:]}"
    assert "test results artifacts/tests/junit.xml: 1 files" in done.stdout
    assert "== SUCCESS" in done.stdout


@pytest.mark.systems
def test_a_mistake_turns_check_red(project: Render, runners: Path) -> None:
    folder = project("manual", ci="jenkins")
    (folder / "src/credit_risk/features.py").open("a").write("import unused\n")
    done = running.run(runners, "jenkins", folder / "Jenkinsfile", "--event", "pull-request", "--job", "check")
    assert done.returncode == 1
    assert "F401" in done.stdout
    assert "== FAILURE" in done.stdout


@pytest.mark.systems
def test_a_model_that_loses_the_gate_turns_sample_red(project: Render, runners: Path) -> None:
    folder = project("pipeline", ci="jenkins")
    settings = (folder / "settings.toml").read_text()
    (folder / "settings.toml").write_text(settings.replace("minimum_auc = 0.65", "minimum_auc = 0.99"))
    path = folder / "ci/jenkins/changes/sample.Jenkinsfile"
    done = running.run(runners, "jenkins", path, "--workspace", str(folder))
    assert done.returncode == 1
    assert "### Gate: closed" in done.stdout, done.stdout[-5000:]
    assert "== FAILURE" in done.stdout
