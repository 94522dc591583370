"""The generator on a tiny world: which files come, which do not, and what it says when something is wrong."""

from pathlib import Path

import copier
import pytest

from rungs import ownership
from rungs.errors import RungsError
from world import World, commit, git

RUNG = {"manual": 0, "pipeline": 1, "continuous": 2}


def test_a_component_comes_only_when_it_is_chosen(world: World, tmp_path: Path) -> None:
    world.add("ci", "second-ci", "claims: {manual: [/.second.yml]}")
    world.write("template/.second.yml", "second\n")
    first = world.render(tmp_path / "a")
    second = world.render(tmp_path / "b", ci="second-ci")
    assert first - second == {"ci/first-ci/own.txt"}
    assert second - first == {"ci/second-ci/own.txt", ".second.yml"}


def test_a_kind_that_is_left_out_leaves_no_empty_folder(world: World, tmp_path: Path) -> None:
    world.render(tmp_path / "a", level="pipeline", data="none", orchestrator="local")
    assert not (tmp_path / "a/data").exists()
    assert (tmp_path / "a/tracking/tracker").is_dir()


@pytest.mark.parametrize("level", RUNG)
def test_a_path_comes_from_its_level_on(world: World, tmp_path: Path, level: str) -> None:
    world.add(
        "serving",
        "server",
        "claims: {pipeline: [/serving/server/log.txt], continuous: [/docs/canary]}",
        ("own.txt", "log.txt"),
    )
    world.write("template/docs/canary/page.md", "canary\n")
    world.describe("", "claims: {manual: [/.copier-answers.yml, /README.md, /docs/index.md]}")
    world.write("template/docs/index.md", "# Docs\n")
    files = world.render(tmp_path / "a", level=level)
    assert ("serving/server/log.txt" in files) == (RUNG[level] >= 1)
    assert ("docs/canary/page.md" in files) == (RUNG[level] >= 2)
    assert (tmp_path / "a/docs/canary").exists() == (RUNG[level] >= 2)
    assert ("tracking/tracker/own.txt" in files) == (RUNG[level] >= 1)


def test_a_path_that_nobody_owns_fails_the_build(world: World) -> None:
    world.write("template/stray.txt", "?\n")
    with pytest.raises(RungsError, match=r"stray\.txt: nobody owns it"):
        world.build()


def test_a_path_that_two_own_fails_the_build(world: World) -> None:
    world.add("ci", "second-ci", "claims: {manual: [/README.md]}")
    with pytest.raises(RungsError, match=r"README\.md: base and ci/second-ci both own it"):
        world.build()


def test_a_claim_that_matches_nothing_fails_the_build(world: World) -> None:
    world.add("ci", "second-ci", "claims: {manual: [/gone.yml]}")
    with pytest.raises(RungsError, match=r"`/gone\.yml` matches no file"):
        world.build()


def test_an_unanchored_claim_is_refused_with_the_file(world: World) -> None:
    world.add("ci", "second-ci", "claims: {manual: [dvc.yaml]}")
    with pytest.raises(RungsError, match=r"second-ci/_component/component\.yaml: .*must start with /"):
        world.build()


def test_parts_are_stitched_in_catalog_order_and_by_level(world: World, tmp_path: Path) -> None:
    world.write(
        "template/shared.txt.jinja",
        "{% from 'template/_component/parts.jinja' import parts with context -%}\n{{ parts('shared.txt') -}}\nend\n",
    )
    world.describe("", "claims: {manual: [/.copier-answers.yml, /README.md, /shared.txt]}")
    world.write("template/ci/first-ci/_component/shared.txt", "ci\n\n")
    world.write("template/serving/server/_component/shared.txt", "serving\n\n")
    world.write("template/serving/server/_component/pipeline/shared.txt", "log of {{ project_name }}\n\n")
    world.render(tmp_path / "a", project_name="tiny-one")
    world.render(tmp_path / "b", project_name="tiny-one", level="pipeline")
    assert (tmp_path / "a/shared.txt").read_text() == "ci\n\nserving\n\nend\n"
    assert (tmp_path / "b/shared.txt").read_text() == "ci\n\nserving\n\nlog of tiny-one\n\nend\n"


def test_a_rule_greys_a_later_choice_and_gives_its_reason(world: World, tmp_path: Path) -> None:
    world.add("pipelines", "local", "requires: [{kind: data, id: versions, because: the runner keeps its cache there}]")
    with pytest.raises(
        ValueError, match=r"because of orchestrator=local: the runner keeps its cache there\. Choose versions"
    ):
        world.render(tmp_path / "a", level="pipeline", data="none")
    assert not (tmp_path / "a").exists()


def test_a_clash_is_refused_from_the_later_question(world: World, tmp_path: Path) -> None:
    world.add("serving", "other", "clashes: [{kind: ci, id: first-ci, because: it has no runner for it}]")
    with pytest.raises(ValueError, match="not with ci=first-ci: it has no runner for it"):
        world.render(tmp_path / "a", serving="other")


def test_a_component_of_a_higher_level_says_so(world: World, tmp_path: Path) -> None:
    world.add("serving", "mesh", "from: pipeline")
    with pytest.raises(ValueError, match="comes with level pipeline"):
        world.render(tmp_path / "a", serving="mesh")
    assert "serving/mesh/own.txt" in world.render(tmp_path / "b", serving="mesh", level="pipeline")


def test_equal_catalogs_build_equal_text(world: World, tmp_path: Path) -> None:
    world.build()
    first = (world.root / "copier.yml").read_bytes()
    world.build()
    assert (world.root / "copier.yml").read_bytes() == first


def test_a_new_component_costs_one_folder(world: World) -> None:
    world.build()
    before = {path: path.read_bytes() for path in world.root.rglob("*") if path.is_file()}
    world.add("serving", "toy")
    catalog = world.build()
    touched = {path for path, content in before.items() if path.read_bytes() != content}
    assert touched == {world.root / "copier.yml"}
    assert catalog.component("serving", "toy") is not None
    assert {owned.path for owned in ownership.owners(catalog) if owned.owner.id == "toy"} == {"serving/toy/own.txt"}


class TestSeeds:
    """What is the user's is written once, and never again."""

    def start(self, world: World, target: Path, level: str = "manual") -> None:
        world.add(
            "framework",
            "learner",
            "seeds: [/src/model.py, /src/extra.py]\nclaims: {manual: [/src/model.py], pipeline: [/src/extra.py]}",
        )
        world.write("template/src/model.py", "version = 1\n")
        world.write("template/src/extra.py", "extra = 1\n")
        world.build()
        commit(world.root, "First")
        git(world.root, "tag", "v1.0.0")
        copier.run_copy(str(world.root), target, data={"level": level}, defaults=True, quiet=True)
        commit(target, "Render")

    def release(self, world: World) -> None:
        world.write("template/src/model.py", "version = 2\n")
        world.write("template/README.md", "# Tiny, improved\n")
        world.build()
        commit(world.root, "Second")
        git(world.root, "tag", "v2.0.0")

    def update(self, target: Path, **answers: str) -> None:
        copier.run_update(target, data=answers, defaults=True, overwrite=True, quiet=True, skip_answered=True)

    def test_an_update_leaves_a_seed_alone(self, world: World, tmp_path: Path) -> None:
        target = tmp_path / "project"
        self.start(world, target)
        (target / "src/model.py").write_text("version = 1\nmine = True\n")
        commit(target, "Mine")
        self.release(world)
        self.update(target)
        assert (target / "src/model.py").read_text() == "version = 1\nmine = True\n"
        assert (target / "README.md").read_text() == "# Tiny, improved\n"

    def test_a_deleted_seed_stays_deleted(self, world: World, tmp_path: Path) -> None:
        target = tmp_path / "project"
        self.start(world, target)
        (target / "src/model.py").unlink()
        commit(target, "Mine")
        self.release(world)
        self.update(target)
        assert not (target / "src/model.py").exists()

    def test_a_seed_of_a_higher_level_arrives_with_it(self, world: World, tmp_path: Path) -> None:
        target = tmp_path / "project"
        self.start(world, target)
        assert not (target / "src/extra.py").exists()
        (target / "src/model.py").write_text("mine = True\n")
        commit(target, "Mine")
        self.release(world)
        self.update(target, level="pipeline")
        assert (target / "src/extra.py").read_text() == "extra = 1\n"
        assert (target / "src/model.py").read_text() == "mine = True\n"
        assert (target / "tracking/tracker/own.txt").exists()

    def test_going_down_is_refused_unless_it_is_meant(self, world: World, tmp_path: Path) -> None:
        target = tmp_path / "project"
        self.start(world, target, level="pipeline")
        self.release(world)
        with pytest.raises(ValueError, match="this project is at level pipeline; going down to manual deletes files"):
            self.update(target, level="manual")
        assert git(target, "status", "--porcelain") == ""
        self.update(target, level="manual", allow_down="true")
        assert not (target / "tracking").exists()

    def test_no_copy_and_no_update_warns(self, world: World, tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
        target = tmp_path / "project"
        self.start(world, target)
        self.release(world)
        self.update(target, level="continuous")
        assert [str(warning.message) for warning in recwarn] == []
