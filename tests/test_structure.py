"""The structure of Rungs itself: imports run one way, modules stay short, built files are fresh."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from rungs import build, places
from rungs.catalog import Catalog

GENERATOR = Path(__file__).parent.parent / "generator/rungs"
# Each module may import those before it.
ORDER = [
    "errors", "models", "catalog", "reserved", "ownership", "places", "questionnaire", "pages", "releases", "screen",
    "build", "render", "preview", "moving.git", "moving.template", "moving.project", "moving.merge", "moving.write",
    "moving.move", "moving.branch", "moving.survey", "moving.dialogue", "climbing", "fleet.inventory", "fleet.ship",
    "fleet.run", "fleets", "demo", "cli", "__main__", "moving.__init__", "fleet.__init__", "__init__",
]  # fmt: skip


@pytest.mark.parametrize("path", sorted(GENERATOR.rglob("*.py")), ids=lambda path: path.stem)
def test_imports_run_one_way(path: Path) -> None:
    parts = path.relative_to(GENERATOR).with_suffix("").parts
    allowed = ORDER[: ORDER.index(".".join(parts))]
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        package = parts[: len(parts) - node.level]
        base = ".".join([*package, *(node.module.split(".") if node.module else [])])
        names = {base} if base in ORDER else {".".join(filter(None, [base, alias.name])) for alias in node.names}
        assert names <= set(allowed), f"{path.name}:{node.lineno} imports {names}"


def test_modules_are_short() -> None:
    folders = [GENERATOR, places.root() / "template"]
    long = {
        str(path.relative_to(folder)): lines
        for folder in folders
        for path in folder.rglob("*.py*")
        if path.suffix in (".py", ".jinja") and (lines := len(path.read_text().splitlines())) > 300
    }
    assert long == {}


def test_built_files_are_fresh(catalog: Catalog) -> None:
    assert build.stale(catalog) == []


def test_the_docs_name_one_address(catalog: Catalog) -> None:
    assert build.wrong_addresses(catalog) == []


def test_a_stale_file_fails_the_check(catalog: Catalog, tmp_path: Path) -> None:
    import shutil

    root = tmp_path / "clone"
    shutil.copytree(catalog.root / "template", root / "template")
    shutil.copytree(catalog.root / "docs", root / "docs")
    (root / "copier.yml").write_text((catalog.root / "copier.yml").read_text() + "# by hand\n")
    assert build.stale(catalog.model_copy(update={"root": root})) == [root / "copier.yml"]


def test_the_command_helps_without_arguments() -> None:
    done = subprocess.run([sys.executable, "-m", "rungs"], capture_output=True, text=True)
    for command in ("new", "options", "explain", "preview", "climb", "update", "change", "fleet", "build"):
        assert f"  {command} " in done.stdout + done.stderr
