"""What the tests share: renders of the working tree, and tiny worlds to try the generator on."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import copier
import pytest

import doubles
from osv import serving
from rungs import catalog as catalogs
from rungs import places
from rungs import render as rendering
from rungs.catalog import Catalog
from running import make
from world import World, commit

ROOT = Path(__file__).parent.parent
NAMES = {"project_name": "credit-risk"}

# The tests of a file run in one process, as they share what they set up. The longest files begin first.
LONGEST = [
    *("test_projects", "test_containers", "test_guarantee", "test_ci_jobs", "test_matrix", "test_stores", "test_scan"),
    *("test_teardown", "test_explore", "test_updates", "test_ci_azure_devops", "test_ci_jenkins", "test_moving"),
    *("test_fleet", "test_ci"),
]


rendering.hurry()  # hundreds of renders


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONGEST)))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--runs", type=int, default=1, help="how often the drill is played")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "run_number" in metafunc.fixturenames:
        metafunc.parametrize("run_number", range(1, metafunc.config.getoption("--runs") + 1))


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return catalogs.load(ROOT)


@pytest.fixture(scope="session")
def plain_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as it lies in the working tree, outside git: Copier renders it without making a clone."""
    folder = tmp_path_factory.mktemp("template")
    shutil.copy(places.root() / "copier.yml", folder)
    shutil.copytree(places.root() / "template", folder / "template", symlinks=True)
    return folder


@pytest.fixture(scope="session")
def render(tmp_path_factory: pytest.TempPathFactory, plain_template: Path) -> Callable[..., Path]:
    """`render(level, **answers)` gives a rendered project to look at; equal answers give the same folder."""
    done: dict[str, Path] = {}

    def once(level: str = "manual", **answers: str) -> Path:
        data = {**NAMES, "level": level, **answers}
        key = repr(sorted(data.items()))
        if key not in done:
            done[key] = tmp_path_factory.mktemp("rendered") / data["project_name"]
            copier.run_copy(str(plain_template), done[key], data=data, defaults=True, quiet=True)
        return done[key]

    return once


@pytest.fixture
def project(render: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """Like `render`, but a copy that the test may change, as a git repository."""

    def copying(level: str = "manual", **answers: str) -> Path:
        folder = tmp_path / "project"
        shutil.copytree(render(level, **answers), folder, symlinks=True)
        commit(folder, "Render")
        return folder

    return copying


@pytest.fixture(scope="session")
def ready(render: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Render, `make setup` and commit; a level is set up once and shared."""
    done: dict[str, Path] = {}

    def preparing(level: str) -> Path:
        if level not in done:
            folder = tmp_path_factory.mktemp("ready") / "project"
            shutil.copytree(render(level), folder, symlinks=True)
            make(folder, "setup")
            commit(folder, "Render")
            done[level] = folder
        return done[level]

    return preparing


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder of stand-ins for clouds, CI systems and registries, where this machine has one."""
    folder = os.environ.get("RUNGS_TOOLS", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("RUNGS_TOOLS names no folder of stand-ins, and the real thing is not at hand")
    return Path(folder)


@pytest.fixture(scope="session")
def runners(tools: Path) -> Path:
    """The commands that check and run CI files, installed."""
    cache = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    installed = Path(os.environ.get("CI_RUNNERS_DIR", f"{cache}/ci-runners"))
    if not (installed / ".complete").is_file():
        pytest.skip(f"{tools}/ci-runners is not installed: run its install.sh and set CI_RUNNERS_DIR")
    return tools / "ci-runners"


@pytest.fixture(scope="session")
def offline(tools: Path) -> list[str]:
    """The command that runs the real terraform with stand-ins for the provider."""
    try:
        return doubles.command(tools)
    except LookupError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def terraform(offline: list[str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A program `terraform` that needs no provider and no network."""
    return doubles.program(offline, tmp_path_factory.mktemp("terraform"))


@pytest.fixture(scope="session")
def osv() -> Iterator[str]:
    """The address of a server that stands for OSV.dev."""
    with serving() as address:
        yield address


@pytest.fixture(autouse=True)
def _git_identity(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commits of the tests need an author; the machine's own git settings stay out of it."""
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@example.com")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    yield


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "world")
