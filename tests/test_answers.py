"""Hostile and impossible answers: one sentence with the cure, and nothing is written."""

import subprocess
import sys
from pathlib import Path

import copier
import pexpect
import pytest

BAD_NAMES = {
    "empty": "",
    "spaces": "my project",
    "quotes": 'a"b',
    "newline": "credit-risk\n",
    "traversal": "../x",
    "absolute": "/etc",
    "keyword": "class",
    "soft keyword": "match",
    "standard library": "json",
    "library": "fastapi",
    "component": "mlflow",
    "kind": "serving",
    "value": "local",
    "folder": "artifacts",
    "digit first": "1model",
    "upper case": "Credit",
    "long": "x" * 300,
    "unicode": "crédit",
    "look-alike": "\u0441redit",
    "jinja": "{{ 7*7 }}",
    "trailing hyphen": "credit-",
}
BAD_LINES = {
    "empty": "",
    "blank": "   ",
    "newline": "one\ntwo",
    "quote": 'say "hi"',
    "backslash": "a\\b",
    "markup": "<script>",
    "jinja": "{{ 7*7 }}",
    "shell": "`id`",
    "long": "x" * 300,
    "line separator": "a\u2028b",
}


def rungs(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rungs", *words], cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


def refused(done: subprocess.CompletedProcess[str], cwd: Path) -> str:
    """Assert exit status 2 with one sentence, and an untouched folder; return the sentence."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("Rendering")]
    assert done.returncode == 2, done.stderr
    assert len(lines) == 1 and lines[0].startswith("rungs: ") and lines[0].endswith((".", "?")), done.stderr
    assert list(cwd.iterdir()) == []
    return lines[0]


@pytest.mark.parametrize("value", BAD_NAMES.values(), ids=BAD_NAMES.keys())
@pytest.mark.parametrize("question", ["project_name", "package_name"])
def test_a_bad_name_is_refused(plain_template: Path, tmp_path: Path, question: str, value: str) -> None:
    with pytest.raises(ValueError, match=rf"'{question}': .*[.]\s*$"):
        copier.run_copy(str(plain_template), tmp_path / "p", data={question: value}, defaults=True, quiet=True)
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("value", BAD_LINES.values(), ids=BAD_LINES.keys())
@pytest.mark.parametrize("question", ["description", "author"])
def test_a_bad_line_is_refused(plain_template: Path, tmp_path: Path, question: str, value: str) -> None:
    with pytest.raises(ValueError, match=rf"'{question}': .*[.]\s*$"):
        copier.run_copy(str(plain_template), tmp_path / "p", data={question: value}, defaults=True, quiet=True)
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("value", ["José Müller & team's", "機械学習", "50% off: #1 - yes, no; [x]"])
def test_a_person_may_be_called_what_they_are_called(plain_template: Path, tmp_path: Path, value: str) -> None:
    import tomllib

    data = {"description": value, "author": value, "level": "continuous"}
    copier.run_copy(str(plain_template), tmp_path / "p", data=data, defaults=True, quiet=True)
    project = tomllib.loads((tmp_path / "p/pyproject.toml").read_text())["project"]
    assert (project["description"], project["authors"]) == (value, [{"name": value}])


def test_a_package_may_hold_underscores(plain_template: Path, tmp_path: Path) -> None:
    copier.run_copy(str(plain_template), tmp_path / "p", data={"package_name": "my_model_2"}, defaults=True, quiet=True)
    assert (tmp_path / "p/src/my_model_2/__init__.py").is_file()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["level=expert"], "level: 'expert' is not in ['manual', 'pipeline', 'continuous']."),
        (["levle=pipeline"], "There is no question `levle`: did you mean `level`?"),
        (["quux=1"], "There is no question `quux`: the questions are project_name, "),
        (["pipeline"], "`pipeline` is not an answer: write it as key=value, such as level=pipeline."),
        (["project_name=../x"], "project_name: Use lower-case letters, digits and single hyphens"),
        (["level=pipeline", "data=none"], "data: because of orchestrator=local: "),
        (["framework=sklearn"], "framework: 'sklearn' is not in ['scikit-learn']."),
    ],
)
def test_the_command_refuses_with_one_sentence(tmp_path: Path, words: list[str], sentence: str) -> None:
    assert sentence in refused(rungs("new", "p", "--defaults", *words, cwd=tmp_path), tmp_path)


def test_the_command_needs_a_terminal_or_defaults(tmp_path: Path) -> None:
    assert "add --defaults" in refused(rungs("new", "p", cwd=tmp_path), tmp_path)


def test_the_command_never_writes_into_a_folder_that_has_something(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p/mine.txt").write_text("mine")
    done = rungs("new", "p", "--defaults", cwd=tmp_path)
    assert done.returncode == 2 and "choose another folder" in done.stderr
    assert [path.name for path in (tmp_path / "p").iterdir()] == ["mine.txt"]


def test_a_template_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    assert "Copier could not" in refused(
        rungs("new", "p", "--defaults", "--template", str(tmp_path / "nowhere"), cwd=tmp_path), tmp_path
    )


def test_the_prompt_says_why_and_lets_one_try_again(plain_template: Path, tmp_path: Path) -> None:
    command = f"{sys.executable} -m copier copy {plain_template} {tmp_path / 'p'}"
    child = pexpect.spawn(command, encoding="utf-8", timeout=60, dimensions=(50, 200))
    try:
        child.expect("Name of the project")
        child.send("\x15class\r")  # Ctrl-U clears the default
        child.expect("class is taken")
        child.send("\x15my-model\r")
        for question in ("Python package", "one sentence", "Who owns", "Version of Python", "Maturity level"):
            child.expect(question)
            child.send("\r")
        child.expect("Continuous integration|Cloud")
    finally:
        child.close(force=True)
    assert not (tmp_path / "p").exists()
