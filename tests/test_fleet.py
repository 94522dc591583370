"""`rungs fleet`: the state of many projects, and an update of each on a branch of its own."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from test_moving import Make, edit, project, rungs, status, template
from world import commit, git

__all__ = ["project", "template"]  # fixtures


@pytest.fixture
def ships(project: Make, tmp_path: Path) -> Path:
    """Five projects in `fleet/`: clean, edited, one that will conflict, one at another level, one behind a URL."""
    fleet = tmp_path / "fleet"
    for name, level in (("clean", "manual"), ("edited", "manual"), ("torn", "manual"), ("high", "pipeline")):
        project(level, folder=f"fleet/{name}")
    edit(fleet / "edited", "notes.txt", "line 2\n", "line 2, ours\n")
    (fleet / "edited/README.md").unlink()
    commit(fleet / "edited", "Delete")
    edit(fleet / "torn", "notes.txt", "line 20\n", "line 20, ours\n")
    (fleet / "clean/notes.txt").write_text("not committed\n")
    far = project("manual", folder="far")
    git(tmp_path, "clone", "--quiet", "--bare", str(far), str(tmp_path / "far.git"))
    (fleet / "projects.txt").write_text(f"# ours\nclean\nedited\ntorn\nhigh\nfile://{tmp_path}/far.git # theirs\n")
    return fleet


def rows(folder: Path, *words: str, status: int = 0) -> dict[str, dict[str, Any]]:
    """Run `rungs fleet` and return what it says, by the last part of the project's name."""
    rungs(folder, "fleet", *words, "--inventory", "projects.txt", "--json", "out.json", "--jobs", "2", status=status)
    found = json.loads((folder / "out.json").read_text())
    return {Path(row["project"]).name: row for row in found}


def test_the_status_of_a_fleet(ships: Path) -> None:
    found = rows(ships, "status")
    assert list(found) == ["clean", "edited", "torn", "high", "far.git"]
    assert [row["level"] for row in found.values()] == ["manual", "manual", "manual", "pipeline", "manual"]
    assert {(row["version"], row["newest"], row["behind"]) for row in found.values()} == {("v1.0.0", "v2.0.0", 1)}
    assert [(row["edited"], row["deleted"], row["conflicts"]) for row in found.values()] == [
        (0, 0, 0), (1, 1, 0), (1, 0, 0), (0, 0, 0), (0, 0, 0),
    ]  # fmt: skip
    rungs(ships, "fleet", "status", "torn", "--csv", "out.csv", "--quick")
    assert next(csv.DictReader((ships / "out.csv").open()))["edited"] == ""
    rungs(ships / "torn", "update", "--yes", status=1)
    assert rows(ships, "status", "--quick")["torn"]["conflicts"] == 1
    commit(ships / "torn", "With marks")
    assert rows(ships, "status", "--quick")["torn"]["conflicts"] == 1


def test_each_project_gets_its_branch_and_no_checkout_is_touched(ships: Path, tmp_path: Path) -> None:
    found = rows(ships, "update", status=1)
    assert [row["outcome"] for row in found.values()] == ["updated", "updated", "conflicts", "updated", "updated"]
    assert (ships / "clean/notes.txt").read_text() == "not committed\n" and status(ships / "clean") == [" M notes.txt"]
    for name in ("clean", "edited", "high"):
        assert "line 20, better\n" in git(ships / name, "show", "rungs/update-v2.0.0:notes.txt")
    assert "line 2, ours\n" in git(ships / "edited", "show", "rungs/update-v2.0.0:notes.txt")
    notes = git(ships / "torn", "show", "rungs/update-v2.0.0:notes.txt")
    assert "line 20, ours\n" in notes and "<<<<" not in notes and "better" not in notes
    message = git(ships / "torn", "log", "-1", "--format=%B", "rungs/update-v2.0.0")
    assert "To do by hand" in message and "+line 20, better" in message and "Line 20 is better." in message
    again = rows(ships, "update", "--push", status=1)
    assert again["clean"]["outcome"] == "failed" and "cannot be pushed" in again["clean"]["detail"]
    assert again["far.git"]["outcome"] == "done before"
    assert "line 20, better\n" in git(tmp_path / "far.git", "show", "rungs/update-v2.0.0:notes.txt")


def test_a_branch_that_somebody_worked_on_is_left_alone(ships: Path) -> None:
    folder = ships / "edited"
    rungs(ships, "fleet", "update", "edited")
    git(folder, "switch", "--quiet", "rungs/update-v2.0.0")
    edit(folder, "notes.txt", "line 3\n", "line 3, ours\n")
    git(folder, "switch", "--quiet", "main")
    before = git(folder, "rev-parse", "rungs/update-v2.0.0")
    edit(folder, "notes.txt", "line 4\n", "line 4, ours\n")
    text = rungs(ships, "fleet", "update", "edited", status=1)
    assert "holds commits of yours" in text
    assert git(folder, "rev-parse", "rungs/update-v2.0.0") == before
    git(folder, "branch", "-D", "rungs/update-v2.0.0")
    assert "1 updated" in rungs(ships, "fleet", "update", "edited")
    git(folder, "merge", "--quiet", "rungs/update-v2.0.0")
    assert "1 up to date" in rungs(ships, "fleet", "update", "edited")


def test_an_answer_is_changed_everywhere(ships: Path) -> None:
    text = rungs(ships, "fleet", "update", "edited", "--set", "level=pipeline")
    assert "rungs/level-pipeline" in text
    assert "gate.md" in git(ships / "edited", "ls-tree", "--name-only", "rungs/level-pipeline")
    text = rungs(ships, "fleet", "update", "high", "--set", "level=manual")
    assert "updated" in text, "nobody edited what goes"
    edit(ships / "high", "gate.md", "second", "our")
    text = rungs(ships, "fleet", "update", "high", "--set", "level=manual", status=1)
    assert "refused" in text and "gate.md" in text


def test_one_that_is_broken_does_not_stop_the_others(ships: Path) -> None:
    (ships / "torn/.copier-answers.yml").unlink()
    commit(ships / "torn", "Lose the answers")
    shutil.rmtree(ships / "high/.git")
    found = rows(ships, "update", status=1)
    assert [row["outcome"] for row in found.values()] == ["updated", "updated", "failed", "failed", "updated"]
    assert "is not committed" in found["torn"]["detail"] and "not in a git repository" in found["high"]["detail"]


def test_it_goes_on_where_it_was_stopped(ships: Path) -> None:
    for number in range(8):
        shutil.copytree(ships / "edited", ships / f"more-{number}")
    names = [f"more-{number}" for number in range(8)]
    (ships / "projects.txt").write_text("\n".join(names))
    words = ["fleet", "update", "--inventory", "projects.txt", "--jobs", "1", "--json", "out.json"]
    process = subprocess.Popen([sys.executable, "-m", "rungs", *words], cwd=ships, env=dict(os.environ))

    def done() -> list[str]:
        return [name for name in names if "rungs/update" in git(ships / name, "branch", "--list", "rungs/*")]

    deadline = time.monotonic() + 60
    while not done() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.wait(60)
    finished = done()
    assert 0 < len(finished) < 8
    found = rows(ships, "update")
    assert [row["outcome"] for row in found.values()].count("done before") == len(finished)
    assert {row["outcome"] for row in found.values()} == {"updated", "done before"}


def test_an_inventory_is_checked(ships: Path) -> None:
    file = ships / "bad.yml"
    for text, sentence in (
        ("- repository: a\n  colour: red\n", "Item 1 of bad.yml: colour:"),
        ("a: b\n", "is no list"),
        ("- [", "is not valid YAML"),
        ("[]", "The fleet is empty"),
    ):
        file.write_text(text)
        assert sentence in rungs(ships, "fleet", "status", "--inventory", "bad.yml", status=2)
    assert "cannot be read" in rungs(ships, "fleet", "status", "--inventory", "none.txt", status=2)
    file.write_text("- repository: clean\n  branch: main\n- edited\n")
    assert "v1.0.0" in rungs(ships, "fleet", "status", "--inventory", "bad.yml", "--quick")
