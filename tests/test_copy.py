"""Plain copies, as `copier copy` makes them, through pytest-copie."""

import subprocess
import sys
from pathlib import Path

import pytest
from pytest_copie.plugin import Copie


@pytest.mark.parametrize("level", ["manual", "pipeline", "continuous"])
def test_a_plain_copy_holds_a_project(copie: Copie, plain_template: Path, level: str) -> None:
    result = copie.copy(extra_answers={"level": level, "project_name": "plain-copy"}, template_dir=plain_template)
    assert (result.exit_code, result.exception) == (0, None)
    assert result.project_dir is not None
    for path in ("Makefile", "README.md", "pyproject.toml", "src/plain_copy/ops/cli.py", ".copier-answers.yml"):
        assert (result.project_dir / path).is_file()
    assert (result.project_dir / "src/plain_copy/ops/gate.py").exists() == (level != "manual")


def test_a_plain_copy_refuses_a_bad_name(copie: Copie, plain_template: Path) -> None:
    result = copie.copy(extra_answers={"project_name": "../x"}, template_dir=plain_template)
    assert result.exit_code == -1
    assert "Use lower-case letters, digits and single hyphens" in str(result.exception)


def test_rungs_renders_what_copier_does(plain_template: Path, tmp_path: Path) -> None:
    """`rungs` takes short cuts in its own process; Copier, in another, takes none."""
    level, template = "level=continuous", str(plain_template)
    for words in (
        ["copier", "copy", "--defaults", "--quiet", "--data", level, template, str(tmp_path / "project")],
        ["rungs", "new", "--defaults", "--template", template, str(tmp_path / "rungs/project"), level],
    ):
        subprocess.run([sys.executable, "-m", *words], check=True, capture_output=True)
    assert snapshot(tmp_path / "rungs/project") == snapshot(tmp_path / "project")


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes()) for path in files}
