"""Finds the implementation that a component brings, by the entry points of this package."""

import importlib
import importlib.util
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from .errors import ProjectError

PACKAGE = __name__.split(".")[0]
HERE = __name__.rpartition(".")[0]


def find(kind: str) -> Callable[[], Any] | None:
    """Return the factory in entry point group `<package>.<kind>`, or None when no component brings one."""
    found = list(entry_points(group=f"{PACKAGE}.{kind}"))
    if len(found) > 1:
        names = ", ".join(sorted(point.name for point in found))
        raise ProjectError(f"More than one {kind} is installed ({names}): keep one in pyproject.toml.")
    if not found:
        return None
    factory: Callable[[], Any] = found[0].load()
    return factory


def part(name: str) -> Any | None:
    """Return the module `ops.<name>` that a level brings, or None where it is not there."""
    parent = f"{HERE}.{name}".rpartition(".")[0]
    if importlib.util.find_spec(parent) is None or importlib.util.find_spec(f"{HERE}.{name}") is None:
        return None
    return importlib.import_module(f"{HERE}.{name}")
