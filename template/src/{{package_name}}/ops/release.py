"""Releases: what each stage serves, who released it and why. The service reads `current.json`, nothing else.

The files:

    serving/<stage>/current.json     the release that is served now; replacing it is the release
    serving/<stage>/history.jsonl    every release and rollback, oldest first
    serving/<stage>/versions/<n>/    bundles, copied here so that neither service nor rollback needs the registry
"""

import getpass
import os
from datetime import UTC, datetime

import msgspec

from . import bundle, storage
from .errors import ProjectError
from .lock import lock
from .plugins import part
from .registry import Registry

CURRENT, HISTORY = "current.json", "history.jsonl"


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the history. `action` is `release` or `rollback`; `path` is relative to the stage's folder."""

    version: int
    path: str
    manifest_sha256: str
    released_at: str
    by: str
    reason: str
    action: str = "release"


def release(registry: Registry, number: int, stage: str, reason: str) -> Release:
    """Copy a version to a stage and make it the one that is served."""
    record = prepare(registry, number, stage, reason)
    put(stage, record)
    return record


def prepare(registry: Registry, number: int, stage: str, reason: str) -> Release:
    """Copy a version to a stage, where nothing serves it yet, and return the release that `put` makes of it."""
    source, url = registry.fetch(number), _url(stage, "versions", str(number))
    with lock("release", wait_seconds=30):
        copied = bundle.copy(source, url)
        if signing := part("signing"):
            signing.sign(stage, url)
    return _record(number, copied.version_digest, reason, "release")


def put(stage: str, record: Release) -> None:
    """Make a prepared release the one that is served. It needs neither registry nor training."""
    with lock("release", wait_seconds=30):
        _write(stage, record)


def rollback(stage: str, reason: str) -> Release:
    """Serve the version that was released before the current one. Raises ProjectError when there is none."""
    with lock("release", wait_seconds=30):
        served = standing(history(stage))
        if len(served) < 2:
            raise ProjectError(f"Stage {stage} has no earlier release to go back to.")
        number = served[-2].version
        loaded = bundle.load(_url(stage, "versions", str(number)))
        if loaded.version_digest != served[-2].manifest_sha256:
            raise ProjectError(
                f"Version {number} in stage {stage} is not what was released then: promote it from the registry."
            )
        if signing := part("signing"):
            signing.check(stage, _url(stage, "versions", str(number)), loaded.files[bundle.MANIFEST])
        record = _record(number, loaded.version_digest, reason, "rollback")
        _write(stage, record)
    return record


def current(stage: str) -> Release | None:
    """Return what a stage serves now, or None before the first release."""
    return storage.find_json(_url(stage, CURRENT), Release)


def current_url(stage: str) -> str:
    """Return the URL of the bundle that a stage serves. Raises ProjectError before the first release."""
    record = current(stage)
    if record is None:
        raise ProjectError(f"Nothing is released to {stage} yet: promote a model first.")
    return _url(stage, record.path)


def history(stage: str) -> list[Release]:
    """Return every release and rollback of a stage, oldest first."""
    path = _url(stage, HISTORY)
    if not storage.exists(path):
        return []
    try:
        return msgspec.json.Decoder(Release).decode_lines(storage.read_bytes(path))
    except msgspec.DecodeError as error:
        raise ProjectError(
            f"{path} is broken ({error}): mend or remove the line; {CURRENT} is still served."
        ) from error


def standing(records: list[Release]) -> list[Release]:
    """Return the releases that rollbacks have not undone, the served one last."""
    stack: list[Release] = []
    for record in records:
        if record.action == "rollback":
            stack.pop()
        elif not stack or stack[-1].manifest_sha256 != record.manifest_sha256:
            stack.append(record)
    return stack


def withdrawn(stage: str) -> set[str]:
    """Return the manifest digests of releases that were rolled back and not released again since."""
    gone: set[str] = set()
    served: Release | None = None
    for record in history(stage):
        if record.action == "rollback" and served is not None:
            gone.add(served.manifest_sha256)
        gone.discard(record.manifest_sha256)
        served = record
    return gone


def _write(stage: str, record: Release) -> None:
    # The history goes first: a crash between the two leaves a line too many, never a release that nobody recorded.
    path = _url(stage, HISTORY)
    lines = storage.read_bytes(path) if storage.exists(path) else b""
    storage.write_bytes(path, lines + msgspec.json.encode(record) + b"\n")
    storage.write_json(_url(stage, CURRENT), record)


def _record(number: int, digest: str, reason: str, action: str) -> Release:
    return Release(
        version=number,
        path=f"versions/{number}",
        manifest_sha256=digest,
        released_at=datetime.now(UTC).isoformat(timespec="seconds"),
        by=person(),
        reason=reason,
        action=action,
    )


def person() -> str:
    """Return the name of whoever acts, for the records: RELEASED_BY, or the user of this process."""
    try:
        return os.environ.get("RELEASED_BY") or getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        return f"user {os.getuid()}"


def _url(stage: str, *parts: str) -> str:
    return storage.url("serving", stage, *parts)
