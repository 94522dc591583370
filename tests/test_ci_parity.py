"""Every CI system has the same stages, started by the same events, behind the same gates: read from its own files."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from rungs import catalog as catalogs
from rungs.catalog import Catalog
from rungs.models import Component, Level
from systems import Job, reader

CATALOG = catalogs.load(Path(__file__).parent.parent)
SYSTEMS = CATALOG.members("ci")
Render = Callable[..., Path]


def read(project: Path, system: Component) -> dict[str, Job]:
    jobs: dict[str, Job] = reader(system.id).read(project)
    return jobs


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.id)
@pytest.mark.parametrize("level", Level)
def test_the_stages_are_those_of_the_contract(render: Render, level: Level, system: Component) -> None:
    jobs = read(render(level.value, ci=system.id), system)
    stages = {stage.id: stage for stage in CATALOG.stages if stage.from_level.rank <= level.rank}
    assert set(stages) <= set(jobs)
    assert not {stage.id for stage in CATALOG.stages if stage.id not in stages} & set(jobs)
    for name, stage in stages.items():
        job = jobs[name]
        assert job.on == {event.value for event in stage.by}, name
        assert job.after == set(stage.after), name
        assert job.approval == stage.approval, name
        assert job.runs == list(stage.runs), name
        assert 0 < job.minutes <= 120, f"{name} may run for ever"


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.id)
@pytest.mark.parametrize("level", Level)
def test_a_change_under_review_sees_nothing_of_production(render: Render, level: Level, system: Component) -> None:
    jobs = read(render(level.value, ci=system.id), system)
    under_review = {name: job for name, job in jobs.items() if "change" in job.on}
    assert {"check", "image"} <= set(under_review)
    assert {name: job.sees for name, job in under_review.items() if job.sees} == {}
    if level is not Level.manual:
        assert jobs["retrain"].sees, "the reader sees nothing at all"


def test_every_system_says_where_each_stage_stands_and_what_it_gives(catalog: Catalog) -> None:
    needs = set(SYSTEMS[0].means)
    assert len(needs) >= 8
    for system in SYSTEMS:
        assert set(system.stages) == {stage.id for stage in catalog.stages}, system.id
        assert set(system.means) == needs, system.id


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.id)
def test_the_stages_stand_in_the_files_that_it_names(render: Render, system: Component) -> None:
    project = render("continuous", ci=system.id)
    for stage, path in system.stages.items():
        assert stage in (project / path).read_text(), f"{path} does not know {stage}"


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.id)
@pytest.mark.parametrize("level", Level)
def test_the_readme_lists_each_stage(render: Render, level: Level, system: Component) -> None:
    rows = [
        line for line in (render(level.value, ci=system.id) / "README.md").read_text().splitlines() if line[:3] == "| `"
    ]
    for stage in CATALOG.stages:
        if stage.from_level.rank <= level.rank:
            words = {stage.id, Path(system.stages[stage.id]).name, *stage.runs}
            assert any(word in row for word in words for row in rows), f"no row is about {stage.id}"


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.id)
def test_there_is_one_version_of_uv(render: Render, system: Component) -> None:
    files = [path for path in render("continuous", ci=system.id).rglob("*") if path.is_file()]
    found = {version for path in files for version in re.findall(r"\buv==([\d.]+)", path.read_text(errors="ignore"))}
    assert len(found) == 1
