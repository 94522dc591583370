"""Runs every check over one window and hands the findings to every output."""

import importlib
import pkgutil
from types import ModuleType

from . import checks, outputs, windows
from .findings import Finding
from .window import Reference, Window


def modules(package: ModuleType) -> dict[str, ModuleType]:
    """Import the modules of `windows`, `checks` or `outputs`, by name."""
    found = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return {name: importlib.import_module(f"{package.__name__}.{name}") for name in found}


def window_names() -> list[str]:
    """Names of the windows, the preferred one first."""
    found = modules(windows)
    return sorted(found, key=lambda name: found[name].PREFERENCE, reverse=True)


def read_window(name: str, reference: Reference, rows: int) -> Window:
    """Read one of the windows by name."""
    window: Window = modules(windows)[name].read(reference, rows)
    return window


def look(window: Window, reference: Reference) -> list[Finding]:
    """Run every check over a window, in order of their names, after one pass that counts for all of them."""
    found = modules(checks).values()
    window.count([counter for module in found for counter in getattr(module, "COUNTS", ())], reference)
    return [module.check(window, reference) for module in found]


def write(findings: list[Finding], window: Window, reference: Reference) -> list[str]:
    """Hand the findings to the outputs, and return the URLs that were written."""
    return [
        module.write(findings, window, reference)
        for module in modules(outputs).values()
        if window.live or not module.LIVE
    ]
