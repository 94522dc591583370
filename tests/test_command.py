"""The command `rungs`: what it shows, and what it refuses."""

import subprocess
import sys
from pathlib import Path

import pytest

from rungs import render
from rungs.catalog import Catalog
from rungs.errors import RungsError


def rungs(*words: str, cwd: Path | None = None, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "rungs", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "200", "HOME": "/nonexistent"},
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if status == 0 else done.stderr


def test_options_lists_every_question_and_value(catalog: Catalog) -> None:
    text = rungs("options")
    for question in catalog.questions:
        assert question.id in text
        assert all(value in text for value in catalog.choices(question))


def test_explain_knows_every_component_value_and_question(catalog: Catalog) -> None:
    for component in catalog.components:
        text = rungs("explain", component.name)
        assert component.summary in text.replace("\n", " ") and component.verified.how in text.replace("\n", " ")
    assert "Values: manual, pipeline, continuous" in rungs("explain", "level")
    assert "level=pipeline: New data arrives" in rungs("explain", "pipeline")


def test_explain_offers_the_nearest_name() -> None:
    assert rungs("explain", "mlfow", status=2) == "rungs: Nothing is called `mlfow`: did you mean `mlflow`?\n"


def test_preview_shows_the_tree_of_an_answer_set() -> None:
    text = rungs("preview", "level=manual")
    assert "Makefile" in text and "settings.toml" in text and "gate.py" not in text


def test_preview_shows_what_a_changed_answer_does() -> None:
    text = rungs("preview", "level=manual", "--then", "level=pipeline")
    assert "0 removed" in text and "+ gate.py" in text and "~ pyproject.toml" in text
    assert "Nothing would change" in rungs("preview", "--then", "level=manual")


def test_preview_starts_from_a_project(tmp_path: Path) -> None:
    rungs("new", "p", "--defaults", "level=pipeline", "project_name=other", cwd=tmp_path)
    text = rungs("preview", "--project", "p", "--then", "level=continuous", cwd=tmp_path)
    assert "trigger.py" in text and "credit" not in text
    assert "holds no .copier-answers.yml" in rungs("preview", "--project", ".", cwd=tmp_path, status=2)


@pytest.mark.parametrize("content", ["[broken", "- a list\n", "\x00"])
def test_a_broken_answers_file_is_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / ".copier-answers.yml").write_text(content)
    assert rungs("preview", "--project", ".", cwd=tmp_path, status=2).count("\n") == 1


def test_new_says_what_comes_next(tmp_path: Path) -> None:
    text = rungs("new", "p", "--defaults", "project_name=tiny-model", cwd=tmp_path)
    assert "tiny-model" in text and "make demo" in text
    assert (tmp_path / "p/src/tiny_model/__init__.py").is_file()


def test_a_template_that_cannot_be_fetched_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RungsError, match=r"git could not fetch the template .*: check its address"):
        render.new(f"git+file://{tmp_path}/away.git", tmp_path / "project", {}, ask=False, ref=None, quiet=True)
    assert not (tmp_path / "project").exists()
