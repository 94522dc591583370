"""What the files of a rendered project name exists: pages, sections, make targets."""

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


PAGE = re.compile(r"\b[\w./-]+\.md\b")
SECTION = re.compile(r"\b([\w./-]+\.md)#([\w-]+)")
URL = re.compile(r"https?://\S+")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def pages(project: Path) -> list[Path]:
    return sorted(project.rglob("*.md"))


def texts(project: Path) -> Iterator[tuple[Path, str]]:
    """All files of a project: settings, alert rules and messages name pages and commands, too."""
    yield from ((path, path.read_text()) for path in sorted(project.rglob("*")) if path.is_file())


def found(project: Path, beside: Path, name: str) -> Path | None:
    """The page of this name, from the root of the project or from beside the file that names it."""
    return next((path for path in (project / name, beside.parent / name) if path.is_file()), None)


def anchors(page: Path) -> set[str]:
    """Names of the sections of a page, made as GitHub makes them."""
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(page.read_text())}


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
def test_every_page_that_a_file_names_exists(render: Callable[..., Path], level: str) -> None:
    project = render(level)
    named = {(path, name) for path, text in texts(project) for name in PAGE.findall(URL.sub("", text)) if "/" in name}
    assert any(path.suffix == ".py" for path, _ in named)
    missing = [f"{path.relative_to(project)}: {name}" for path, name in named if not found(project, path, name)]
    assert sorted(missing) == []


@pytest.mark.parametrize("level", LEVELS)
def test_every_section_that_a_file_names_exists(render: Callable[..., Path], level: str) -> None:
    project = render(level)
    named = [(path, *section) for path, text in texts(project) for section in SECTION.findall(text)]
    assert any(path.parent.name == "rules" for path, _, _ in named)  # each alert names its section of the runbook
    missing = [
        f"{path.relative_to(project)}: {name}#{section}"
        for path, name, section in named
        if (page := found(project, path, name)) is None or section not in anchors(page)
    ]
    assert missing == []


@pytest.mark.parametrize("level", LEVELS)
def test_every_make_target_that_a_file_names_exists(render: Callable[..., Path], level: str) -> None:
    project = render(level)
    named = {
        (str(path.relative_to(project)), word)
        for path, text in texts(project)
        for code in CODE.findall(text)
        for line in code.splitlines()
        for words in CALL.findall(line.split("#")[0])
        for word in words.split()
    }
    assert ("README.md", "setup") in named
    there = targets(project)
    assert sorted((path, word) for path, word in named if word not in there) == []


def test_a_page_says_nothing_of_a_higher_level(render: Callable[..., Path]) -> None:
    readme = (render("manual") / "README.md").read_text()
    assert "make retrain" not in readme
    assert "copier update --data level=pipeline --skip-answered" in readme
    assert "copier update" not in (render("continuous") / "README.md").read_text().split("## Commands")[0]


@pytest.mark.parametrize("level", LEVELS)
def test_every_heading_stands_by_itself(render: Callable[..., Path], level: str) -> None:
    """Pages are stitched from parts: a part without a blank line at its end would swallow the next heading."""
    crowded = []
    for path in sorted(render(level).rglob("*.md")):
        fenced, before = False, ""
        for line in path.read_text().splitlines():
            fenced ^= line.startswith("```")
            if line.startswith("#") and not fenced and before.strip() and not before.startswith("{%"):
                crowded.append(f"{path.name}: {line}")
            before = line
    assert crowded == []
