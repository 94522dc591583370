"""A version that was rolled back does not come back by itself."""

from ..registry import Registry, Version
from ..release import withdrawn
from ..stages import STAGES


def objection(version: Version, registry: Registry) -> str | None:
    """Object to a version that the last stage served and that was rolled back."""
    if version.digest in withdrawn(STAGES[-1]):
        return f"Version {version.number} was rolled back in {STAGES[-1]}."
    return None
