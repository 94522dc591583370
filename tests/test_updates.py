"""A project that is released, edited and climbed: no conflict, no lost line, and all that is new arrives."""

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import copier
import pytest

from rungs.preview import difference
from world import ROOT, commit, git

LEVELS = ["manual", "pipeline", "continuous"]
CLIMBS = [("manual", "pipeline"), ("pipeline", "continuous"), ("manual", "continuous")]
Render = Callable[..., Path]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scratch repository of the template with a release tag, and a second release with a change in a managed file."""
    root = tmp_path_factory.mktemp("released") / "rungs"
    shutil.copytree(ROOT / "template", root / "template", symlinks=True)
    shutil.copy(ROOT / "copier.yml", root)
    with pytest.MonkeyPatch.context() as patch:
        for role in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{role}_NAME", "Test")
            patch.setenv(f"GIT_{role}_EMAIL", "test@example.com")
        commit(root, "First")
        git(root, "tag", "v1.0.0")
        makefile = root / "template/Makefile.jinja"
        makefile.write_text(makefile.read_text().replace("## Format the code", "## Format all of the code"))
        commit(root, "Second")
        git(root, "tag", "v2.0.0")
    return root


@pytest.fixture(scope="module")
def fresh(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Render:
    """`fresh(version, level)` renders a release, once; nobody may change what it gives."""
    folder = tmp_path_factory.mktemp("fresh")

    @cache
    def rendering(version: str, level: str, cloud: str = "aws") -> Path:
        target = folder / f"{version}-{level}-{cloud}"
        data = {"project_name": "credit-risk", "level": level, "cloud": cloud}
        copier.run_copy(str(released), target, data=data, defaults=True, quiet=True, vcs_ref=version)
        return target

    return rendering


@pytest.fixture
def user_project(fresh: Render, tmp_path: Path) -> Callable[[str], Path]:
    """Take a project of the first release, and edit it as a team would: seeds, shared files, files of their own."""

    def make(level: str) -> Path:
        folder = tmp_path / "project"
        shutil.copytree(fresh("v1.0.0", level), folder, symlinks=True)
        commit(folder, "Render")
        for path, edit in EDITS.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(edit(file.read_text() if file.exists() else ""))
        (folder / "notebooks/analysis.ipynb").unlink()
        commit(folder, "Our work")
        return folder

    return make


def replaced(old: str, new: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return edit


EDITS: dict[str, Callable[[str], str]] = {
    "src/credit_risk/features.py": lambda text: text + "\n# our own feature\n",
    "src/credit_risk/schema.py": lambda text: "# our columns\n" + text,
    "settings.toml": lambda text: text + "\n# ours\n",
    "pyproject.toml": replaced("dependencies = []", 'dependencies = [\n    "requests>=2",\n]'),
    "README.md": lambda text: text + "\n## Our team\n\nWe meet on Mondays.\n",
    ".gitignore": lambda text: "# ours\n/scratch/\n" + text,
    "local.mk": lambda _: "ours:  ## Our target\n\t@echo ours\n",
    "src/credit_risk/ours.py": lambda _: '"""Ours."""\n',
    "docs/ours.md": lambda _: "# Ours\n",
}


def check_everything_is_there(project: Path, rendered: Path) -> None:
    """Assert: fresh render plus the user's edits, no conflict."""
    status = git(project, "status", "--porcelain")
    assert not [line for line in status.splitlines() if line.startswith(("UU", "AA", "DU", "UD"))], status
    assert not list(project.rglob("*.rej"))
    assert not (project / "notebooks/analysis.ipynb").exists()
    for path, edit in EDITS.items():
        seeded = path.startswith("src/credit_risk/") or path == "settings.toml"
        if not seeded:
            expected = edit((rendered / path).read_text() if (rendered / path).exists() else "")
            assert (project / path).read_text() == expected, path
        else:
            assert "our" in (project / path).read_text().lower(), path
    before = {path: content for path, content in snapshot(rendered).items() if path not in EDITS}
    after = {path: content for path, content in snapshot(project).items() if path not in EDITS}
    changes = difference(before, after)
    assert (changes.added, changes.changed, changes.removed) == ((), (), ("notebooks/analysis.ipynb",))


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


@pytest.mark.parametrize(("low", "high"), CLIMBS)
def test_climbing_keeps_every_line(fresh: Render, user_project: Callable[[str], Path], low: str, high: str) -> None:
    project = user_project(low)
    copier.run_update(
        project,
        data={"level": high},
        vcs_ref=copier.VcsRef.CURRENT,
        defaults=True,
        overwrite=True,
        quiet=True,
        skip_answered=True,
    )
    check_everything_is_there(project, fresh("v1.0.0", high))


@pytest.mark.parametrize(("low", "high"), [(level, level) for level in LEVELS] + CLIMBS)
def test_updating_and_climbing_at_once_keeps_every_line(
    fresh: Render, user_project: Callable[[str], Path], low: str, high: str
) -> None:
    project = user_project(low)
    copier.run_update(
        project, data={"level": high}, vcs_ref="v2.0.0", defaults=True, overwrite=True, quiet=True, skip_answered=True
    )
    check_everything_is_there(project, fresh("v2.0.0", high))
    assert "## Format all of the code" in (project / "Makefile").read_text()


def test_an_edit_on_the_line_that_the_template_changed_is_a_conflict_and_loses_nothing(
    user_project: Callable[[str], Path],
) -> None:
    """The corpus would prove nothing if no edit could ever meet a change of the template."""
    project = user_project("manual")
    makefile = project / "Makefile"
    makefile.write_text(makefile.read_text().replace("## Format the code", "## Make it pretty"))
    commit(project, "Our words")
    copier.run_update(project, vcs_ref="v2.0.0", defaults=True, overwrite=True, quiet=True, skip_answered=True)
    assert "UU Makefile" in git(project, "status", "--porcelain")
    text = makefile.read_text()
    assert "## Make it pretty" in text and "## Format all of the code" in text


def test_switching_the_cloud_keeps_every_line(fresh: Render, user_project: Callable[[str], Path]) -> None:
    project = user_project("pipeline")
    copier.run_update(
        project,
        data={"cloud": "none"},
        vcs_ref=copier.VcsRef.CURRENT,
        defaults=True,
        overwrite=True,
        quiet=True,
        skip_answered=True,
    )
    ours = {path.relative_to(project).as_posix() for path in project.glob("infra/aws/**/*") if path.is_file()}
    assert ours and all(path.endswith(".tfvars") for path in ours), "only what belongs to the user stays"
    shutil.rmtree(project / "infra/aws")
    check_everything_is_there(project, fresh("v1.0.0", "pipeline", "none"))
