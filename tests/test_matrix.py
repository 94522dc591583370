"""Every pair of answers, rendered: each file parses by its own tool, is formatted, and is the same the second time."""

import itertools
import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import copier
import pytest
import yaml
from allpairspy import AllPairs

from rungs import catalog as catalogs
from rungs.preview import contents, difference

CATALOG = catalogs.load(Path(__file__).parent.parent)
CHOICES = {question.id: values for question in CATALOG.questions if (values := CATALOG.choices(question))}
TEXTS = {"project_name": "other-name", "package_name": "other", "description": "Another.", "author": "Somebody"}


def allowed(answers: dict[str, str]) -> bool:
    """Say whether the rules let these answers stand together."""
    for component in CATALOG.components:
        question = CATALOG.kinds[component.kind]
        if answers.get(question.id) != component.id:
            continue
        for rule in component.requires:
            if answers.get(CATALOG.kinds[rule.kind].id) not in (None, rule.id):
                return False
        for rule in component.clashes:
            if answers.get(CATALOG.kinds[rule.kind].id) == rule.id:
                return False
    return True


NAMES = list(CHOICES)
POSSIBLE = [row for row in itertools.product(*CHOICES.values()) if allowed(dict(zip(NAMES, row, strict=True)))]


def pairs() -> list[dict[str, str]]:
    """Rows that hold every pair, each of them possible."""
    rows = AllPairs(
        list(CHOICES.values()), filter_func=lambda row: any(full[: len(row)] == tuple(row) for full in POSSIBLE)
    )
    return [dict(zip(NAMES, row, strict=True)) for row in rows]


MATRIX = pairs()


def tag(answers: dict[str, str]) -> str:
    return "-".join(value for name, value in answers.items() if len(CHOICES[name]) > 1)


@pytest.fixture(params=MATRIX, ids=tag)
def answers(request: pytest.FixtureRequest) -> dict[str, str]:
    assert isinstance(request.param, dict)
    return request.param


def test_the_matrix_holds_every_pair_that_the_rules_allow() -> None:
    def all_pairs(rows: Iterable[tuple[str, ...]]) -> set[tuple[tuple[int, str], ...]]:
        return {pair for row in rows for pair in itertools.combinations(enumerate(row), 2)}

    assert len(MATRIX) < len(POSSIBLE) or len(POSSIBLE) < 10
    assert all_pairs(POSSIBLE) - all_pairs(tuple(row.values()) for row in MATRIX) == set()


def test_every_file_parses_by_its_own_tool(render: Callable[..., Path], answers: dict[str, str]) -> None:
    project = render(**answers)
    parsed = [path for path in files(project) if parse(path)]
    assert len(parsed) > 40


def test_no_jinja_is_left(render: Callable[..., Path], answers: dict[str, str]) -> None:
    project = render(**answers)
    left = [str(path.relative_to(project)) for path in files(project) if is_ours(path) and jinja_in(path)]
    assert left == []
    assert [path for path in project.rglob("*") if path.suffix == ".jinja"] == []


def test_the_code_is_formatted_and_clean(render: Callable[..., Path], answers: dict[str, str]) -> None:
    project = render(**answers)
    for command in (["ruff", "format", "--check", "--quiet"], ["ruff", "check", "--quiet"]):
        done = subprocess.run([*command, "--no-cache", "."], cwd=project, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_second_render_is_equal(
    render: Callable[..., Path], plain_template: Path, tmp_path: Path, answers: dict[str, str]
) -> None:
    project = render(**answers)
    second = tmp_path / project.name
    copier.run_copy(
        str(plain_template), second, data={"project_name": project.name, **answers}, defaults=True, quiet=True
    )
    assert snapshot(second) == snapshot(project)


def test_no_folder_is_empty(render: Callable[..., Path], answers: dict[str, str]) -> None:
    project = render(**answers)
    assert [path for path in project.rglob("*") if path.is_dir() and not any(path.iterdir())] == []


def test_text_files_end_with_one_newline_and_hold_no_trailing_space(
    render: Callable[..., Path], answers: dict[str, str]
) -> None:
    project = render(**answers)
    wrong = []
    for path in files(project):
        text = path.read_text()
        lines = text.splitlines()
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            wrong.append(f"{path.relative_to(project)}: end")
        wrong += [f"{path.relative_to(project)}:{n}" for n, line in enumerate(lines, 1) if line != line.rstrip()]
    assert wrong == []


@cache
def of_level(level: str) -> dict[str, bytes]:
    return contents({"level": level})


@pytest.mark.parametrize("level", list(CHOICES["level"]))
@pytest.mark.parametrize("question", [*TEXTS, *(name for name, values in CHOICES.items() if len(values) > 1)])
def test_every_answer_changes_the_output(question: str, level: str) -> None:
    base = {"level": level}
    values = [TEXTS[question]] if question in TEXTS else CHOICES[question]
    if question in CATALOG.kinds or question not in CHOICES:
        asked = next(q for q in CATALOG.questions if q.id == question).from_level
        if CATALOG.questions and asked.rank > ["manual", "pipeline", "continuous"].index(level):
            pytest.skip(f"{question} is asked from level {asked} on")
    before = of_level(level)
    default = next(CATALOG.default(q) for q in CATALOG.questions if q.id == question)
    for value in values:
        if value == (level if question == "level" else default) or not allowed(
            {**{q.id: CATALOG.default(q) for q in CATALOG.questions}, **base, question: value}
        ):
            continue
        after = contents({**base, question: value})
        changes = difference(before, after)
        assert changes.added or changes.changed or changes.removed, f"{question}={value} changes nothing"


def test_the_template_needs_no_trust() -> None:
    settings = yaml.safe_load((CATALOG.root / "copier.yml").read_text())
    assert not {"_tasks", "_migrations", "_jinja_extensions"} & settings.keys()


def files(project: Path) -> list[Path]:
    return [path for path in sorted(project.rglob("*")) if path.is_file() and path.suffix not in (".png", ".svg")]


def snapshot(project: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(project)): (path.read_bytes(), path.stat().st_mode & 0o111)
        for path in files(project)
        if path.name != ".copier-answers.yml"
    }


def is_ours(path: Path) -> bool:
    return "templates" not in path.parts  # report templates are Jinja of the project's own


def jinja_in(path: Path) -> bool:
    text = re.sub(r"\$\{\{.*?\}\}", "", path.read_text())  # expressions of GitHub Actions
    text = re.sub(r"\{\{\s*(\$|\.|humanize|print|range|end|checksum|arch).*?\}\}", "", text)  # of Go and others
    if path.parent.name == "dashboards":
        text = re.sub(r"\{\{\w+\}\}", "", text)  # labels in the legends of Grafana
    if path.suffix in (".py", ".ipynb", ".mk", ".tf", ".hcl"):
        return "{%" in text or bool(re.search(r"\{\{ ?(project_name|package_name|level|python_version)", text))
    return bool(re.search(r"\{\{|\{%|\{#", text))


def parse(path: Path) -> bool:
    """Parse a file by what its name says it is. False: tests of its component parse it."""
    text = path.read_text()
    if path.suffix == ".py":
        compile(text, str(path), "exec")
    elif path.suffix in (".json", ".ipynb"):
        json.loads(text)
    elif path.suffix in (".yml", ".yaml"):
        assert list(yaml.compose_all(text, Loader=yaml.SafeLoader)), path
    elif path.suffix == ".toml" or path.parent.name == ".dvc":
        tomllib.loads(text) if path.suffix == ".toml" else None
    elif path.name == "Makefile":
        done = subprocess.run(
            ["make", "--dry-run", "--no-print-directory", "-f", path.name, "help"],
            cwd=path.parent,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    elif path.suffix == ".tf" and (terraform := shutil.which("terraform")):
        environment = {**os.environ, "CHECKPOINT_DISABLE": "1"}
        done = subprocess.run(
            [terraform, "fmt", "-check", "-diff", str(path)], capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, done.stdout + done.stderr
    elif path.suffix == ".md":
        assert text.lstrip("<!-\n").strip(), f"{path} is empty"
    else:
        return False
    return True
