"""What the pages of a rendered project name: files and commands exist."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rungs.models import Level
from test_ci import targets

LEVELS = [str(level) for level in Level]
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
CALL = re.compile(r"\bmake((?: [a-z][a-z-]*)+)")


def pages(project: Path) -> Iterator[Path]:
    yield from (path for path in sorted(project.rglob("*.md")) if ".venv" not in path.parts)


@pytest.mark.parametrize("level", LEVELS)
def test_links_lead_somewhere(render: Callable[..., Path], level: str) -> None:
    project = render(level)
    missing = [
        f"{page.relative_to(project)}: {link}"
        for page in pages(project)
        for link in LINK.findall(page.read_text())
        if not (page.parent / link).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("level", LEVELS)
def test_every_make_target_that_a_page_names_exists(render: Callable[..., Path], level: str) -> None:
    project = render(level)
    named = {
        (str(page.relative_to(project)), word)
        for page in pages(project)
        for code in CODE.findall(page.read_text())
        for line in code.splitlines()
        for words in CALL.findall(line.split("#")[0])
        for word in words.split()
    }
    assert ("README.md", "setup") in named
    assert sorted((page, word) for page, word in named if word not in targets(project)) == []


def test_a_page_says_nothing_of_a_higher_level(render: Callable[..., Path]) -> None:
    readme = (render("manual") / "README.md").read_text()
    assert "make retrain" not in readme
    assert "copier update --data level=pipeline --skip-answered" in readme
    assert "copier update" not in (render("continuous") / "README.md").read_text().split("## Commands")[0]
