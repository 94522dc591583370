"""Writes the files that follow from the catalog: `copier.yml` and three pages of the docs."""

import re
from pathlib import Path

from . import ownership, pages, places, questionnaire
from .catalog import Catalog
from .errors import RungsError

VERIFICATION, CI = Path("docs/verification.in.md"), Path("docs/ci.in.md")  # what stands before the tables


def outputs(catalog: Catalog) -> dict[Path, str]:
    """Every built file and its text. Raises RungsError when the template contradicts itself."""
    ownership.owners(catalog)
    for component in catalog.components:
        for rule in (*component.requires, *component.clashes):
            if rule.kind not in catalog.kinds or rule.id not in catalog.choices(catalog.kinds[rule.kind]):
                raise RungsError(f"{component.name}: there is no {rule.kind}/{rule.id}; correct the rule.")
    return {
        catalog.root / "copier.yml": questionnaire.build(catalog),
        catalog.root / "docs/options.md": pages.options(catalog, places.address()),
        catalog.root / "docs/ci.md": pages.ci(catalog, (catalog.root / CI).read_text()),
        catalog.root / "docs/verification.md": pages.verification(catalog, (catalog.root / VERIFICATION).read_text()),
    }


def stale(catalog: Catalog) -> list[Path]:
    """Built files that differ from a fresh build."""
    return _differing(outputs(catalog))


def _differing(texts: dict[Path, str]) -> list[Path]:
    return [path for path, text in texts.items() if not path.is_file() or path.read_text() != text]


def write(catalog: Catalog) -> list[Path]:
    """Write what is stale, and say what was written."""
    texts = outputs(catalog)
    changed = _differing(texts)
    for path in changed:
        path.parent.mkdir(exist_ok=True)
        path.write_text(texts[path])
    return changed


def wrong_addresses(catalog: Catalog) -> list[str]:
    """Places in the docs that name another template address than the constant in pyproject.toml."""
    found = []
    for path in [catalog.root / "README.md", *sorted((catalog.root / "docs").glob("*.md"))]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for address in re.findall(r"\bgh:[\w.-]+/[\w.-]+", line):
                if address != places.address():
                    found.append(f"{path.relative_to(catalog.root)}:{number} says {address}")
    return found
