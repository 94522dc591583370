"""A version needs an open verdict of the gate, given against the champion of today."""

from ..registry import CHAMPION, Registry, Version


def objection(version: Version, registry: Registry) -> str | None:
    """Object to a version whose verdict is missing, closed, or older than the champion."""
    verdict = version.verdict
    if verdict is None:
        return f"Version {version.number} has no verdict of the gate: run `make pipeline`."
    if verdict.get("open") is not True:
        return f"The gate is closed for version {version.number}: {verdict.get('sentence')}"
    champion = registry.alias(CHAMPION)
    if champion not in (verdict.get("champion"), version.number):
        return (
            f"Version {version.number} was compared with champion {verdict.get('champion')}, and "
            "the champion is "
            f"{champion} now: run `make pipeline` again."
        )
    return None
