"""The log of alerts: a line each time one starts to fire, and a line when it is resolved."""

from typing import Literal

import msgspec

from .. import storage
from ..errors import ProjectError

Change = Literal["firing", "resolved"]


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log: what changed, for which version of the model, and why."""

    at: str
    check: str
    change: Change
    version: int
    sentence: str


def url() -> str:
    """The URL of the log."""
    return storage.url("monitoring", "alerts.jsonl")


def history() -> list[Alert]:
    """Return every change of every alert, oldest first."""
    if not storage.exists(url()):
        return []
    try:
        return msgspec.json.Decoder(Alert).decode_lines(storage.read_bytes(url()))
    except msgspec.DecodeError as error:
        raise ProjectError(f"{url()} is broken ({error}): mend or remove that line.") from error


def active() -> dict[str, Alert]:
    """Return the alerts that fire now, by check."""
    latest = {alert.check: alert for alert in history()}
    return {check: alert for check, alert in latest.items() if alert.change == "firing"}


def append(changes: list[Alert]) -> None:
    """Add lines to the log."""
    before = storage.read_bytes(url()) if storage.exists(url()) else b""
    storage.write_bytes(url(), before + b"".join(msgspec.json.encode(c) + b"\n" for c in changes))
