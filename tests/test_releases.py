"""Releases: what was offered stays good, and what is retired stays with those who have it."""

from pathlib import Path

import copier
import pytest

from rungs import releases
from rungs.catalog import Catalog
from rungs.errors import RungsError
from test_moving import rungs
from world import World, commit, git


def test_no_answer_of_a_release_is_gone(catalog: Catalog) -> None:
    for version, frozen in releases.frozen(catalog.root).items():
        assert releases.lost(catalog, frozen["questions"]) == [], version


def test_an_answer_that_is_gone_is_found(catalog: Catalog) -> None:
    promised = releases.offered(catalog)
    assert releases.lost(catalog, promised) == []
    promised["ci"] = [*promised["ci"], "teletype"]
    promised["colour"] = ["red"]
    assert releases.lost(catalog, promised) == ["colour", "ci=teletype"]


def test_a_release_is_frozen_once_and_in_order(world: World) -> None:
    catalog = world.build()
    world.write("CHANGELOG.md", "# Changes\n\n## v1.1.0 - 2026-01-01\n\nNew.\n\n## v1.0.0\n\nFirst.\n")
    with pytest.raises(RungsError, match="no section"):
        releases.freeze(catalog, "v1.2.0")
    with pytest.raises(RungsError, match="no version"):
        releases.freeze(catalog, "soon")
    with pytest.raises(RungsError, match="not committed"):
        releases.freeze(catalog, "v1.1.0")
    commit(world.root, "First")
    world.write("template/README.md", "# Other\n")
    with pytest.raises(RungsError, match="not committed"):
        releases.freeze(catalog, "v1.1.0")
    commit(world.root, "Second")
    file = releases.freeze(catalog, "v1.1.0")
    frozen = releases.frozen(world.root)["v1.1.0"]["template"]
    assert git(world.root, "cat-file", "blob", f"{frozen['template']}:README.md") == "# Other\n"
    assert "ci:\n  - first-ci\n" in file.read_text()
    with pytest.raises(RungsError, match="frozen already"):
        releases.freeze(catalog, "1.1.0")
    with pytest.raises(RungsError, match="not newer"):
        releases.freeze(catalog, "v1.0.0")


@pytest.mark.parametrize("tool", ["copier", "rungs"])
def test_what_is_retired_stays_with_those_who_have_it(world: World, tmp_path: Path, tool: str) -> None:
    world.add("ci", "old-ci")
    world.build()
    commit(world.root, "First")
    git(world.root, "tag", "v1.0.0")
    folder = tmp_path / "project"
    copier.run_copy(str(world.root), folder, data={"ci": "old-ci"}, defaults=True, quiet=True)
    commit(folder, "Render")
    world.add("ci", "old-ci", 'retired: "nobody answers the calls; choose first-ci"', files=("own.txt", "more.txt"))
    world.build()
    commit(world.root, "Second")
    git(world.root, "tag", "v2.0.0")
    with pytest.raises(ValueError, match="retired, for projects that have it already: nobody answers"):
        copier.run_copy(str(world.root), tmp_path / "new", data={"ci": "old-ci"}, defaults=True, quiet=True)
    if tool == "copier":
        copier.run_update(folder, defaults=True, overwrite=True, quiet=True, skip_answered=True)
    else:
        rungs(folder, "update", "--yes")
    assert (folder / "ci/old-ci/more.txt").exists() and "ci: old-ci" in (folder / ".copier-answers.yml").read_text()


def test_what_is_retired_is_no_default(world: World) -> None:
    world.add("ci", "old-ci", 'default: true\nretired: "nobody answers the calls; choose first-ci"')
    with pytest.raises(RungsError, match="cannot be the default"):
        world.build()
