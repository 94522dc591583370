"""A version that was taken out of its trial on live requests does not come back by itself."""

from ..delivery import audit
from ..registry import Registry, Version
from ..stages import STAGES


def objection(version: Version, registry: Registry) -> str | None:
    """Object to a version whose last trial in the last stage ended without a release."""
    decisions = [each for each in audit.history(STAGES[-1]) if each.version == version.number]
    if decisions and decisions[-1].action == "withdraw":
        return f"Version {version.number} was taken out of its trial: {decisions[-1].sentence}"
    return None
