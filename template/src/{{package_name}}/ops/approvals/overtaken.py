"""An approval is for the version that waits, and not for one that a newer version has overtaken in the first stage."""

from .. import release
from ..registry import Registry, Version
from ..stages import STAGES


def objection(version: Version, registry: Registry) -> str | None:
    """Object to a version older than the one that the first stage has tried last."""
    tried = release.current(STAGES[0])
    if tried is not None and tried.version > version.number:
        return (
            f"Version {version.number} no longer waits: version {tried.version} was tried in {STAGES[0]} since, so "
            "approve that one."
        )
    return None
