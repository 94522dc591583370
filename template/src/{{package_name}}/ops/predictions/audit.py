"""The record of what was removed from the store: a line each, with the pseudonym alone."""

from datetime import UTC, datetime
from typing import Literal

import msgspec

from .. import release, storage
from ..errors import ProjectError


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `key`: whose rows went, `days`: which days, where it was for their age or size."""

    at: str
    action: Literal["forget", "retention"]
    by: str
    stage: str
    rows: int
    key: str | None = None
    days: tuple[str, ...] = ()


def url() -> str:
    """The URL of the record."""
    return storage.url("predictions", "audit.jsonl")


def append(
    action: Literal["forget", "retention"], stage: str, rows: int, *, key: str | None = None, days: tuple[str, ...] = ()
) -> None:
    """Add a line of now, by the user of this process. The caller holds the lock `compaction`."""
    removal = Removal(
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        action=action,
        by=release.person(),
        stage=stage,
        rows=rows,
        key=key,
        days=days,
    )
    before = storage.read_bytes(url()) if storage.exists(url()) else b""
    storage.write_bytes(url(), before + msgspec.json.encode(removal) + b"\n")


def history() -> list[Removal]:
    """Return every removal, oldest first."""
    if not storage.exists(url()):
        return []
    try:
        return msgspec.json.Decoder(Removal).decode_lines(storage.read_bytes(url()))
    except msgspec.DecodeError as error:
        raise ProjectError(f"{url()} is broken ({error}): mend or remove that line.") from error
