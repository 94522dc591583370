"""What may speak against releasing a version. Each other module of this package is one reason.

A reason is a function `objection(version, registry)` that returns a sentence, or None when all is well.
"""

import importlib
import pkgutil

from ..registry import Registry, Version


def objections(version: Version, registry: Registry) -> list[str]:
    """Ask every reason about a version and return what speaks against it."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = (importlib.import_module(f"{__name__}.{name}").objection(version, registry) for name in names)
    return [sentence for sentence in found if sentence]
