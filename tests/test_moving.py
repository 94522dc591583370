"""`rungs climb`, `update` and `change` on a tiny template: what they show, what they refuse, what a crash leaves."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import copier
import pytest

from world import World, commit, git

NOTES = "".join(f"line {number}\n" for number in range(1, 40))
MANY = 1000
CHANGELOG = "# Changes\n\n## 2.0.0\n\nLine 20 is better.\n\n## 1.0.0\n\nThe first.\n"
Make = Callable[..., Path]


def rungs(folder: Path, *words: str, status: int = 0, stdin: int = subprocess.DEVNULL) -> str:
    """Run the command in a folder; return all that it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "rungs", *words],
        cwd=folder,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == status, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


@pytest.fixture
def template(world: World) -> World:
    """A template with two releases: the second changes line 20 of the notes and brings a file."""
    world.describe(
        "",
        "claims:\n  manual: [/.copier-answers.yml, /README.md, /notes.txt, /mine.txt, /old.txt]\n"
        "  pipeline: [/gate.md, /yours.txt]\n  continuous: [/loop.md]\nseeds: [/mine.txt, /yours.txt]\n",
    )
    world.write("template/notes.txt.jinja", NOTES + "{% if level != 'manual' %}\nfrom pipeline on\n{% endif %}")
    for name in ("gate.md", "loop.md", "mine.txt", "yours.txt", "old.txt"):
        world.write(f"template/{name}", f"{name}\nsecond line\n")
    world.write("CHANGELOG.md", CHANGELOG[: CHANGELOG.index("## 2")] + CHANGELOG[CHANGELOG.index("## 1") :])
    world.build()
    commit(world.root, "First")
    git(world.root, "tag", "v1.0.0")
    world.describe(
        "",
        "claims:\n  manual: [/.copier-answers.yml, /README.md, /notes.txt, /mine.txt, /more.txt]\n"
        "  pipeline: [/gate.md, /yours.txt]\n  continuous: [/loop.md]\nseeds: [/mine.txt, /yours.txt]\n",
    )
    notes = world.root / "template/notes.txt.jinja"
    notes.write_text(notes.read_text().replace("line 20\n", "line 20, better\n"))
    (world.root / "template/old.txt").unlink()
    world.write("template/more.txt", "more\n")
    world.write("template/mine.txt", "mine.txt\nours is better\n")
    world.write("CHANGELOG.md", CHANGELOG)
    world.build()
    commit(world.root, "Second")
    git(world.root, "tag", "v2.0.0")
    return world


@pytest.fixture
def project(template: World, tmp_path: Path) -> Make:
    """`project(level, version)` renders a project and commits it."""

    def make(level: str = "manual", version: str = "v1.0.0", folder: str = "project") -> Path:
        target = tmp_path / folder
        answers = {"level": level, "project_name": "small"}
        copier.run_copy(str(template.root), target, data=answers, defaults=True, quiet=True, vcs_ref=version)
        commit(target, "Render")
        return target

    return make


def edit(project: Path, name: str, old: str, new: str) -> None:
    file = project / name
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    commit(project, f"Edit {name}")


def status(project: Path) -> list[str]:
    return git(project, "status", "--porcelain").splitlines()


def test_a_climb_brings_what_is_new_and_keeps_what_is_ours(project: Make) -> None:
    folder = project()
    edit(folder, "notes.txt", "line 2\n", "line 2, ours\n")
    edit(folder, "mine.txt", "second line", "our line")
    text = rungs(folder, "climb", "--yes")
    assert "level: manual to pipeline" in text and "+ gate.md" in text and "asks of the team" in text
    notes = (folder / "notes.txt").read_text()
    assert "line 2, ours\n" in notes and "from pipeline on\n" in notes
    assert (folder / "mine.txt").read_text() == "mine.txt\nour line\n"
    assert (folder / "yours.txt").exists() and not (folder / "loop.md").exists()
    assert "level: pipeline" in (folder / ".copier-answers.yml").read_text()
    assert all(line[1] == " " for line in status(folder)), "everything is staged, nothing is committed"
    commit(folder, "Climb")
    assert "level: pipeline to continuous" in rungs(folder, "climb", "continuous", "--yes")
    assert (folder / "loop.md").exists()
    commit(folder, "Climb")
    assert "at level continuous already" in rungs(folder, "climb", "--yes", status=2)


def test_an_update_shows_the_changelog_and_leaves_seeds_alone(project: Make) -> None:
    folder = project()
    edit(folder, "notes.txt", "line 2\n", "line 2, ours\n")
    text = rungs(folder, "update", "--yes")
    assert "v1.0.0 to v2.0.0" in text and "Line 20 is better." in text and "The first." not in text
    notes = (folder / "notes.txt").read_text()
    assert "line 2, ours\n" in notes and "line 20, better\n" in notes
    assert (folder / "mine.txt").read_text() == "mine.txt\nsecond line\n"
    assert (folder / "more.txt").exists() and not (folder / "old.txt").exists()
    assert "_commit: v2.0.0\n" in (folder / ".copier-answers.yml").read_text()
    commit(folder, "Update")
    assert "Nothing would change" in rungs(folder, "update", "--yes")


def test_copier_goes_on_where_rungs_has_been(project: Make) -> None:
    folder = project()
    rungs(folder, "climb", "--yes")
    commit(folder, "Climb")
    copier.run_update(folder, vcs_ref="v2.0.0", defaults=True, overwrite=True, quiet=True, skip_answered=True)
    assert "line 20, better\n" in (folder / "notes.txt").read_text() and (folder / "gate.md").exists()


def test_a_change_switches_a_component(project: Make, template: World) -> None:
    folder = project()
    assert "ci/first-ci/own.txt" in git(folder, "ls-files")
    text = rungs(folder, "change", "author=Our team", "--yes")
    assert "author: ML team to Our team" in text
    commit(folder, "Change")
    assert "did you mean `author`" in rungs(folder, "change", "autor=x", "--yes", status=2)
    assert "Say which answer changes" in rungs(folder, "change", status=2)
    assert "ci: " in rungs(folder, "change", "ci=nothing", "--yes", status=2)
    assert "has no meaning with these answers" in rungs(folder, "change", "tracking=tracker", "--yes", status=2)
    assert status(folder) == []


def test_a_preview_writes_nothing(project: Make) -> None:
    folder = project()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if ".git" not in path.parts}
    assert "1 added" not in rungs(folder, "climb", "--preview")
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*") if ".git" not in path.parts}
    assert git(folder, "for-each-ref", "refs/rungs") == ""


def test_without_a_terminal_nobody_is_asked(project: Make) -> None:
    assert "add --yes, or --preview" in rungs(project(), "climb", status=2)


def test_a_conflict_is_named_and_both_sides_stay(project: Make) -> None:
    folder = project()
    edit(folder, "notes.txt", "line 20\n", "line 20, ours\n")
    text = rungs(folder, "update", "--yes", status=1)
    assert "changed the same lines of\n  notes.txt" in text and "git reset --hard" in text
    notes = (folder / "notes.txt").read_text()
    assert "line 20, ours\n" in notes and "line 20, better\n" in notes and "<<<<<<<" in notes
    assert "UU notes.txt" in status(folder)
    assert "open conflicts in notes.txt" in rungs(folder, "update", "--yes", status=2)


def test_going_down_is_refused_with_the_edited_files_and_done_after_saving_them(project: Make) -> None:
    folder = project("pipeline")
    edit(folder, "gate.md", "second line", "our line")
    edit(folder, "yours.txt", "second line", "our line")
    text = rungs(folder, "climb", "manual", "--yes", status=2)
    assert "would delete files that you edited: gate.md." in text and status(folder) == []
    text = rungs(folder, "climb", "manual", "--yes", "--discard")
    branch = text.split("kept on the branch ")[1].split(".\n")[0]
    assert "our line" in git(folder, "show", f"{branch}:gate.md")
    assert not (folder / "gate.md").exists() and "level: manual" in (folder / ".copier-answers.yml").read_text()
    assert "our line" in (folder / "yours.txt").read_text(), "what is theirs stays"
    assert "from pipeline on" not in (folder / "notes.txt").read_text()


def test_what_was_renamed_follows_and_what_was_deleted_stays_away(project: Make) -> None:
    folder = project()
    git(folder, "mv", "notes.txt", "our-notes.txt")
    commit(folder, "Rename")
    rungs(folder, "update", "--yes")
    assert "line 20, better\n" in (folder / "our-notes.txt").read_text() and not (folder / "notes.txt").exists()
    other = project(folder="other")
    (other / "notes.txt").unlink()
    commit(other, "Delete")
    text = rungs(other, "update", "--yes")
    assert "they stay deleted although the template changed them:\n  notes.txt" in text
    assert not (other / "notes.txt").exists() and (other / "more.txt").exists()


def test_line_ends_of_the_project_stay(project: Make) -> None:
    folder = project()
    notes = folder / "notes.txt"
    notes.write_bytes(notes.read_bytes().replace(b"\n", b"\r\n").replace(b"line 2\r\n", b"line 2, ours\r\n"))
    commit(folder, "Windows")
    rungs(folder, "update", "--yes")
    content = notes.read_bytes()
    assert b"line 20, better\r\n" in content and b"line 2, ours\r\n" in content
    assert content.count(b"\n") == content.count(b"\r\n")


def test_a_project_in_a_folder_of_its_repository_moves_alone(project: Make, tmp_path: Path) -> None:
    folder = project()
    whole = tmp_path / "whole"
    whole.mkdir()
    git(whole, "init", "--quiet", "--initial-branch=main")
    (whole / "README.md").write_text("of the whole\n")
    (folder / ".git").rename(tmp_path / "gone")
    folder.rename(whole / "model")
    commit(whole, "Both")
    edit(whole, "model/notes.txt", "line 20\n", "line 20, ours\n")
    rungs(whole / "model", "climb", "--yes")
    assert (whole / "model/gate.md").exists() and (whole / "README.md").read_text() == "of the whole\n"
    commit(whole, "Climb")
    rungs(whole / "model", "update", "--yes", status=1)
    assert "UU model/notes.txt" in status(whole)


def test_what_stands_in_the_way_gets_a_sentence_with_the_cure(
    project: Make, template: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project()

    def refused(*words: str) -> str:
        return rungs(folder, "update", *words, "--yes", status=2)

    (folder / "notes.txt").write_text("not committed\n")
    assert "changes that are not committed in notes.txt: commit or stash" in refused()
    git(folder, "checkout", "--quiet", ".")
    (folder / "more.txt").write_text("precious\n")
    assert "more.txt would be new, but stands there already" in refused()
    assert (folder / "more.txt").read_text() == "precious\n"
    (folder / "more.txt").unlink()
    git(folder, "checkout", "--quiet", "--detach")
    assert "HEAD is detached" in refused() and "git switch" in refused()
    git(folder, "checkout", "--quiet", "main")
    assert "has no version v9" in refused("--ref", "v9")
    assert "is not to be had at /nowhere" in refused("--template", "/nowhere")
    template.root.rename(tmp_path / "moved")
    assert "if it has moved, say where with --template" in refused()
    rungs(folder, "update", "--template", str(tmp_path / "moved"), "--yes")
    assert f"_src_path: {tmp_path / 'moved'}" in (folder / ".copier-answers.yml").read_text()
    commit(folder, "Update")
    git(folder, "rm", "--quiet", "--cached", ".copier-answers.yml")
    git(folder, "commit", "--quiet", "-m", "Untrack")
    assert ".copier-answers.yml is not committed" in refused()
    (folder / ".copier-answers.yml").unlink()
    assert "holds no .copier-answers.yml" in refused()
    assert "holds no .copier-answers.yml" in rungs(tmp_path, "climb", "--yes", status=2)
    assert "no folder" in rungs(tmp_path, "update", "missing", "--yes", status=2)


def test_an_unknown_commit_can_be_named(project: Make) -> None:
    folder = project()
    edit(folder, ".copier-answers.yml", "_commit: v1.0.0", "_commit: 1234567")
    assert "has no version 1234567" in rungs(folder, "update", "--yes", status=2)
    rungs(folder, "update", "--from", "v1.0.0", "--yes")
    assert "line 20, better" in (folder / "notes.txt").read_text()
    commit(folder, "Update")
    edit(folder, ".copier-answers.yml", "_commit: v2.0.0\n", "")
    assert "name that one with --from" in rungs(folder, "update", "--yes", status=2)


def test_a_folder_outside_git_and_one_without_a_commit(project: Make, tmp_path: Path) -> None:
    folder = project()
    (folder / ".git").rename(tmp_path / "gone")
    assert "not in a git repository" in rungs(folder, "update", "--yes", status=2)
    git(folder, "init", "--quiet")
    assert "no commit yet" in rungs(folder, "update", "--yes", status=2)


def test_an_unfinished_merge_is_refused(project: Make) -> None:
    folder = project()
    git(folder, "checkout", "--quiet", "-b", "side")
    edit(folder, "notes.txt", "line 1\n", "line one\n")
    git(folder, "checkout", "--quiet", "main")
    git(folder, "merge", "--quiet", "--no-commit", "--no-ff", "side")
    assert "A merge is under way" in rungs(folder, "update", "--yes", status=2)


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "with another edit"])
def test_answers_that_were_edited_by_hand_are_refused(project: Make, beside: bool) -> None:
    folder = project()
    answers = folder / ".copier-answers.yml"
    answers.write_text(answers.read_text().replace("level: manual", "level: pipeline"))
    if beside:
        (folder / "notes.txt").write_text("ours\n" + NOTES)
    commit(folder, "By hand")
    text = rungs(folder, "update", "--yes", status=2)
    assert "was edited by hand (level, in commit" in text and "^ -- .copier-answers.yml" in text
    git(folder, "checkout", "--quiet", "HEAD^", "--", ".copier-answers.yml")
    commit(folder, "Taken back")
    rungs(folder, "climb", "--yes")
    assert (folder / "gate.md").exists()


def test_what_was_deleted_before_the_first_commit_is_no_edit_of_the_answers(project: Make) -> None:
    folder = project()
    (folder / "old.txt").unlink()
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--amend", "-m", "Render")
    for _ in range(2):
        rungs(folder, "climb", "--yes")
        commit(folder, "Climb")
    assert not (folder / "old.txt").exists()


@pytest.mark.parametrize("action", ["resume", "restore"])
def test_a_move_that_is_killed_is_finished_or_taken_back(project: Make, template: World, action: str) -> None:
    folder = project()
    for number in range(MANY):  # so that writing them takes long enough to be killed in its midst
        template.write(f"template/many/{number}.txt", f"{number}\n")
    template.describe(
        "",
        "claims:\n  manual: [/.copier-answers.yml, /README.md, /notes.txt, /mine.txt, /more.txt, /many]\n"
        "  pipeline: [/gate.md, /yours.txt]\n  continuous: [/loop.md]\nseeds: [/mine.txt, /yours.txt]\n",
    )
    template.build()
    commit(template.root, "Third")
    git(template.root, "tag", "v3.0.0")
    edit(folder, "notes.txt", "line 2\n", "line 2, ours\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "rungs", "update", "--yes"],
        cwd=folder,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    while not any((folder / "many").glob("*")):
        assert process.poll() is None
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    found = len(list((folder / "many").glob("*")))
    assert 0 < found < MANY, found
    (folder / "more.txt").write_text("written after the crash\n")
    text = rungs(folder, "update", "--yes", status=2)
    assert "was cut off: finish it with --resume, or take it back with --restore" in text
    text = rungs(folder, "update", f"--{action}")
    assert "more.txt" in text
    assert (folder / ".git/rungs-kept/more.txt").read_text() == "written after the crash\n"
    notes = (folder / "notes.txt").read_text()
    assert "line 2, ours\n" in notes
    if action == "resume":
        assert "line 20, better\n" in notes and len(list((folder / "many").glob("*"))) == MANY
        assert all(line[1] == " " for line in status(folder))
    else:
        assert "line 20\n" in notes and not (folder / "many").exists() and status(folder) == []
    commit(folder, "Update")
    assert "nothing to resume" in rungs(folder, "update", "--resume", status=2)


def test_a_branch_holds_the_update_and_no_file_is_touched(project: Make, tmp_path: Path) -> None:
    folder = project()
    edit(folder, "notes.txt", "line 20\n", "line 20, ours\n")
    (folder / "mine.txt").write_text("not committed\n")
    text = tmp_path / "request.md"
    rungs(folder, "update", "--branch", "--text", str(text))
    assert status(folder) == [" M mine.txt"]
    branch = "rungs/update-v2.0.0"
    assert "line 20, ours\n" in git(folder, "show", f"{branch}:notes.txt")
    assert "more.txt" in git(folder, "ls-tree", "--name-only", branch)
    assert "+line 20, better" in text.read_text() and "<<<<<<<" not in text.read_text()
    git(folder, "checkout", "--quiet", "mine.txt")
    git(folder, "merge", "--quiet", branch)
    assert "Nothing would change" in rungs(folder, "update", "--branch", "--text", str(text))
