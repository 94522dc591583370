"""From the id of a prediction back to all that made it: row, model, release, code, data, run, and what came true."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import polars as pl

from .. import bundle, release, storage
from ..bundle import Manifest
from ..errors import ProjectError
from ..release import Release
from ..stages import STAGES
from ..tracking import Step, open_tracker
from . import labels, reading
from .settings import PredictionLogSettings
from .store import Store

SLACK = timedelta(seconds=1)  # a release is noted by the second


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one prediction. `missing` says, in a sentence each, what is not known, and why."""

    stage: str
    prediction: dict[str, Any]
    row: dict[str, float | str | None]
    decision: int | None = None
    label: float | None = None
    release: Release | None = None
    bundle_sha256: str | None = None
    manifest: Manifest | None = None
    run: list[Step] = []
    missing: list[str] = []


def trace(name: str) -> Trace:
    """Follow a prediction by its id. Raises ProjectError when no log holds it."""
    stage, found = _find(name)
    row = found.pop("input")
    at, version = found["at"], found["model"]
    missing: list[str] = []
    record = _release(stage, version, at, found["role"], missing)
    manifest, digest = _manifest(stage, version, record, missing)
    return Trace(
        stage=stage,
        prediction={**found, "at": at.isoformat(timespec="microseconds"), "day": str(found["day"])},
        row=row if manifest is None else {column: row.get(column) for column in manifest.schema.names},
        decision=None if manifest is None or found["score"] is None else int(found["score"] >= manifest.threshold),
        label=_label(found["key"], missing),
        release=record,
        bundle_sha256=digest,
        manifest=manifest,
        run=[] if manifest is None else _run(manifest.run_id, missing),
        missing=missing,
    )


def _find(name: str) -> tuple[str, dict[str, Any]]:
    for stage in reversed(STAGES):
        found = reading.steadily(partial(_rows, stage, name))
        if len(found):
            return stage, found.row(0, named=True)
    days = PredictionLogSettings.load().keep_days
    raise ProjectError(
        f"No prediction has the id {name!r} in the log of {' or '.join(STAGES)}: it may be mistyped, older than "
        f"{days} days, forgotten on request, or not yet written."
    )


def _rows(stage: str, name: str) -> pl.DataFrame:
    return reading.predictions(Store(stage)).filter(pl.col("id") == name).head(1).collect()


def _release(stage: str, version: int, at: datetime, role: str, missing: list[str]) -> Release | None:
    """The release by which the version was in service then."""
    before = [
        record
        for record in release.history(stage)
        if record.version == version and datetime.fromisoformat(record.released_at) <= at + SLACK
    ]
    if before:
        return before[-1]
    tried = ": it was tried beside the released one" if role != "champion" else ""
    missing.append(f"Version {version} was not released to {stage} by then{tried}.")
    return None


def _manifest(
    stage: str, version: int, record: Release | None, missing: list[str]
) -> tuple[Manifest | None, str | None]:
    path = f"versions/{version}" if record is None else record.path
    url = storage.url("serving", stage, path, bundle.MANIFEST)
    if not storage.exists(url):
        missing.append(f"The bundle of version {version} is gone from {url}.")
        return None, None
    content = storage.read_bytes(url)
    digest = storage.checksum(content)
    if record is not None and digest != record.manifest_sha256:
        missing.append(f"The bundle in {url} is not the one that was released then: its checksum is another.")
    try:
        return msgspec.json.decode(content, type=Manifest), digest
    except msgspec.DecodeError as error:
        missing.append(f"{url} is broken ({error}).")
        return None, digest


def _run(run_id: str, missing: list[str]) -> list[Step]:
    try:
        steps = open_tracker().steps(run_id)
    except ProjectError as error:
        missing.append(f"The tracker does not answer: {error}")
        return []
    if not steps:
        missing.append(f"The tracker does not know the run {run_id}.")
    return steps


def _label(key: str | None, missing: list[str]) -> float | None:
    if key is None:
        missing.append("The request held no identifier, so no label finds this prediction.")
        return None
    try:
        known = labels.latest(labels.load()).filter(pl.col("key") == key)
    except ProjectError as error:
        missing.append(f"Labels cannot be read: {error}")
        return None
    if known.is_empty():
        missing.append("The label is not known yet.")
        return None
    return float(known.row(0)[1])
