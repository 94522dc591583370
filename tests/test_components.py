"""Every component, found by its folder: present it gives its files, parts and targets; absent it leaves no trace."""

import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import copier
import pytest

from rungs import catalog as catalogs
from rungs import ownership, questionnaire
from rungs.models import Component, Level

CATALOG = catalogs.load(Path(__file__).parent.parent)
OWNED = ownership.owners(CATALOG)
PARTS = {path.name for path in CATALOG.root.glob("template/**/_component/**/*") if path.is_file()}


def named(component: Component) -> str:
    return component.name


@pytest.fixture(params=CATALOG.components, ids=named)
def component(request: pytest.FixtureRequest) -> Component:
    assert isinstance(request.param, Component)
    return request.param


def owned_paths(component: Component, level: Level) -> set[str]:
    return {o.path for o in OWNED if o.owner.name == component.name and o.level.rank <= level.rank}


def in_project(path: str) -> str:
    return path.replace(ownership.PACKAGE, "credit_risk")


def answers_with(component: Component) -> dict[str, str]:
    answers = {CATALOG.kinds[component.kind].id: component.id}
    return answers | {CATALOG.kinds[rule.kind].id: rule.id for rule in component.requires}


@pytest.mark.parametrize("level", list(Level))
def test_present_gives_its_files(render: Callable[..., Path], component: Component, level: Level) -> None:
    if level.rank < CATALOG.starts(component).rank:
        pytest.skip(f"{component.name} comes with level {CATALOG.starts(component)}")
    project = render(str(level), **answers_with(component))
    missing = [path for path in owned_paths(component, level) if not (project / in_project(path)).exists()]
    assert owned_paths(component, level) and missing == []
    higher = owned_paths(component, Level.continuous) - owned_paths(component, level)
    assert [path for path in higher if (project / in_project(path)).exists()] == []


@cache
def all_of(project: Path) -> str:
    return "\n".join(path.read_text() for path in project.rglob("*") if path.is_file() and path.suffix != ".png")


@pytest.mark.parametrize("level", list(Level))
def test_present_gives_its_parts(render: Callable[..., Path], component: Component, level: Level) -> None:
    if level.rank < CATALOG.starts(component).rank:
        pytest.skip(f"{component.name} comes with level {CATALOG.starts(component)}")
    room = CATALOG.root / "template" / component.kind / component.id / "_component"
    rooms = [room, *(room / str(lower) for lower in list(Level)[1 : level.rank + 1])]
    for part in (path for folder in rooms if folder.is_dir() for path in folder.iterdir() if path.is_file()):
        if part.name == "component.yaml":
            continue
        # A part for one CI system has the name of that system.
        systems = [other.id for other in CATALOG.members("ci") if part.name.startswith(other.id)]
        answers = answers_with(component) | ({"ci": systems[0]} if systems else {})
        text = all_of(render(str(level), **answers))
        source = (
            part.read_text().replace("{{ package_name }}", "credit_risk").replace("{{ project_name }}", "credit-risk")
        )
        plain = [line for line in source.splitlines() if line.strip() and not re.search(r"[{}]", line)]
        missing = [line for line in plain if line not in text]
        if (
            re.search(r"\{%-? *if", source) and level is not Level.continuous
        ):  # some of its lines come with a higher level
            assert len(missing) < len(plain), part
        else:
            assert plain and missing == [], part


def test_absent_leaves_no_trace(component: Component, tmp_path: Path) -> None:
    """Another component of the same kind is put beside it, and chosen."""
    root = tmp_path / "rungs"
    shutil.copytree(CATALOG.root / "template", root / "template")
    toy = root / "template" / component.kind / "toy"
    (toy / "_component").mkdir(parents=True)
    (toy / "_component/component.yaml").write_text(
        "title: Toy\nsummary: A toy.\nverified: {status: parsed, how: by the tests of the generator}\n"
    )
    (toy / "toy.txt").write_text("toy\n")
    before = {path: path.read_bytes() for path in (root / "template").rglob("*") if path.is_file()}
    catalog = catalogs.load(root)
    (root / "copier.yml").write_text(questionnaire.build(catalog))
    assert all(path.read_bytes() == content for path, content in before.items()), "a toy cost an edit elsewhere"
    answers = {"level": "continuous", CATALOG.kinds[component.kind].id: "toy"}
    for other in CATALOG.components:  # what needs this component steps aside with it
        if any((rule.kind, rule.id) == (component.kind, component.id) for rule in other.requires):
            pytest.skip(f"{other.name} needs it, and is the only one of its kind")
    copier.run_copy(str(root), tmp_path / "project", data=answers, defaults=True, quiet=True)
    left = {in_project(path) for path in owned_paths(component, Level.continuous)}
    assert (tmp_path / "project" / component.kind / "toy/toy.txt").exists()
    assert [
        path for path in left if (tmp_path / "project" / path).exists() and path != "src/credit_risk/model.py"
    ] == []
    assert not (tmp_path / "project" / component.folder.lstrip("/")).exists()


def test_a_component_says_what_it_is(component: Component) -> None:
    assert component.summary.endswith(".") and len(component.summary) <= 140, component.summary
    assert component.docs.startswith("https://") or component.id == "none"


@pytest.mark.parametrize("level", list(Level))
def test_what_a_level_allows_each_higher_level_allows(level: Level) -> None:
    """Otherwise an update would drop the answer, and delete the component's files without a word."""
    for question in CATALOG.questions:
        for value in CATALOG.choices(question):
            component = CATALOG.component(question.kind, value) if question.kind else None
            if component is None or component.from_level.rank > level.rank:
                continue
            higher = [other for other in Level if other.rank > level.rank]
            newer = {q.id: CATALOG.default(q) for q in CATALOG.questions if q.from_level in higher}
            for clash in component.clashes:
                assert newer.get(CATALOG.kinds[clash.kind].id) != clash.id, f"{component.name} dies at a higher level"


def test_every_part_has_a_shared_file_that_stitches_it() -> None:
    stitched = set()
    for path in (path for path in CATALOG.root.glob("template/**/*") if path.is_file() and path.suffix != ".png"):
        stitched |= set(re.findall(r"parts\(['\"]([\w.-]+)['\"]\)|include '[^']*/([\w.-]+)'", path.read_text()))
    names = {name for found in stitched for name in found}
    assert PARTS - names - {"component.yaml", "questions.yaml", "stages.yaml", "parts.jinja"} == set()
