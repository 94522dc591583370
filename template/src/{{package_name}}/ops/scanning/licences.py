"""The licence of every installed package, held against those that are allowed."""

import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from . import Report, ScanSettings

# One may use, change and ship what is under these beside code of one's own. Of MPL-2.0 and CNRI-Python alone one would
# have to publish changes of their own files.
ALLOWED = (
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "CNRI-Python", "HPND", "ISC", "MIT"),
    *("MIT-0", "MIT-CMU", "MPL-2.0", "NCSA", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib", "ZPL-2.1"),
)
# How packages from before SPDX expressions name these: in classifiers, and in words of their own.
OLD_NAMES = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "boost software license 1.0 (bsl-1.0)": "BSL-1.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "cc0 1.0 universal (cc0 1.0) public domain dedication": "CC0-1.0",
    "historical permission notice and disclaimer (hpnd)": "HPND",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mit no attribution license (mit-0)": "MIT-0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
    "zero-clause bsd (0bsd)": "0BSD",
    "zope public license": "ZPL-2.1",
}
LONGEST = 100  # characters; some packages put the whole text of their licence where its name belongs
CURE = "Do without the package, or write a reason into `exceptions` of [scan] in settings.toml"


def check() -> Report:
    """Look at every package in this environment but the project itself."""
    from license_expression import get_spdx_licensing

    settings = ScanSettings.load()
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    exceptions = {_normal(name) for name in (*settings.exceptions, *_of_components(project))}
    allowed = {name.lower() for name in (*ALLOWED, *settings.allow_licences)}
    allowed -= {name.lower() for name in settings.refuse_licences}
    licensing, red, packages = get_spdx_licensing(), [], 0
    for package in sorted(metadata.distributions(), key=lambda one: _normal(one.name)):
        if _normal(package.name) == _normal(project["project"]["name"]):
            continue
        packages += 1
        licence = declared(package.metadata)
        if _normal(package.name) in exceptions or _is_allowed(licensing, licence, allowed):
            continue
        named = f"licence `{licence}` is not allowed" if licence else "its licence is unknown"
        red.append(f"{package.name} {package.version}: {named}. {CURE}.")
    return Report(f"{packages} packages, {len(exceptions)} exceptions", red)


def declared(package: metadata.PackageMetadata) -> str:
    """Return the licence of a package as an SPDX expression where it can be told, in its own words else, or nothing.

    Several classifiers may mean that all of them hold, or that one may choose: all must be allowed.
    """
    if expression := _field(package, "License-Expression"):
        return expression
    classifiers = [text.split(" :: ") for text in package.get_all("Classifier") or []]
    names = [parts[-1] for parts in classifiers if parts[0] == "License" and parts[-1] != "OSI Approved"]
    if not names:
        text = _field(package, "License")
        names = [text] if len(text) <= LONGEST and text.upper() != "UNKNOWN" else []
    return " AND ".join(OLD_NAMES.get(name.lower(), name) for name in names if name)


def _field(package: metadata.PackageMetadata, name: str) -> str:
    return package[name].strip() if name in package else ""


def _is_allowed(licensing: Any, licence: str, allowed: Iterable[str]) -> bool:
    from license_expression import ExpressionError

    try:
        expression = licensing.parse(licence)
    except ExpressionError:
        return licence.lower() in allowed
    return bool(licence) and _holds(expression, allowed)


def _holds(expression: Any, allowed: Iterable[str]) -> bool:
    """Whether one may go by an expression: any side of OR, both sides of AND; what stands behind WITH permits more."""
    parts = getattr(expression, "args", ())
    if parts:
        decide = any if expression.operator.strip() == "OR" else all
        return decide([_holds(part, allowed) for part in parts])
    licence = getattr(expression, "license_symbol", expression)
    return str(licence.key).lower() in allowed or str(expression).lower() in allowed


def _of_components(project: dict[str, Any]) -> list[str]:
    """Packages that a component of the template has a reason for: tables [tool.rungs.licences.*] of pyproject.toml."""
    tables = project.get("tool", {}).get("rungs", {}).get("licences", {})
    return [name for table in tables.values() for name in table]


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
