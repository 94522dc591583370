"""The findings for programs: `monitoring/checks.json`."""

from datetime import UTC, datetime

import msgspec

from ... import storage
from ..findings import Finding
from ..window import Reference, Window

LIVE = False


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """What the last look found. `live`: it was at what the service answered."""

    at: str
    version: int
    rows: int
    window: str
    live: bool
    findings: list[Finding]


def write(findings: list[Finding], window: Window, reference: Reference) -> str:
    """Write checks.json."""
    url = storage.url("monitoring", "checks.json")
    results = Results(
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        version=reference.version,
        rows=len(window),
        window=window.title,
        live=window.live,
        findings=findings,
    )
    storage.write_json(url, results)
    return url
