"""Promotes a version: through every stage in order, each tried before the next; the last one makes it the champion."""

import time
import urllib.error
import urllib.request

import msgspec
import numpy as np
from pydantic import Field

from . import bundle, release
from .approvals import objections
from .bundle import TOLERANCE, Sample
from .errors import GateClosed, ProjectError
from .plugins import part
from .registry import CHALLENGER, CHAMPION, Registry, find
from .settings import Section
from .stages import STAGES


class ReleaseSettings(Section, table="release"):
    """How a release goes through the stages.

    `urls` maps a stage to the URL of its service; where it is given, a release is tried on the service too. With
    `approval` a retraining stops before the last stage: a person promotes from there.
    """

    urls: dict[str, str] = Field(default_factory=dict)
    wait_seconds: float = 30.0
    approval: bool = False


def candidate(registry: Registry) -> int:
    """Return the version that is to be promoted. Raises ProjectError when nothing is registered.

    When the last candidate lost at the gate there is no challenger: then it is the newest, and `promote` says what
    speaks against it.
    """
    number = registry.alias(CHALLENGER)
    if number is None:
        number = max((version.number for version in registry.versions()), default=None)
    if number is None:
        raise ProjectError("The registry holds no model: train, evaluate and register one first.")
    return number


def stages_without_a_person() -> tuple[str, ...]:
    """Return the stages that a retraining may release to by itself."""
    return STAGES[:-1] if ReleaseSettings.load().approval and len(STAGES) > 1 else STAGES


def promote(
    registry: Registry, number: int, reason: str, override: bool = False, stages: tuple[str, ...] = STAGES
) -> list[str]:
    """Release a version stage by stage and return a sentence for each. The last stage may try it beside its champion.

    Raises GateClosed when something speaks against it and `override` is not given; then nothing was changed. Raises
    ProjectError when a stage does not serve it as it should; that stage is rolled back, the next is not touched.
    """
    against = objections(find(registry, number), registry)
    if against and not override:
        raise GateClosed(" ".join(against))
    bundle.load(registry.fetch(number)).verify()
    sentences: list[str] = []
    for stage in stages:
        trial = None if override else _trial(registry, number, stage, reason)
        if trial is not None:
            return [*sentences, trial]
        before = release.current(stage)
        release.release(registry, number, stage, reason)
        try:
            smoke_test(stage)
        except ProjectError as error:
            if before is None:
                raise
            release.rollback(stage, f"smoke test of version {number} failed")
            raise ProjectError(f"{error} Stage {stage} is back at version {before.version}.") from error
        sentences.append(f"Version {number} is released to {stage} and passed its smoke test.")
    if STAGES[-1] in stages:
        registry.set_alias(CHAMPION, number)
    else:
        sentences.append(f"Version {number} waits for a person: `make promote` releases it to {STAGES[-1]}.")
    return sentences


def _trial(registry: Registry, number: int, stage: str, reason: str) -> str | None:
    """Start a trial beside the champion where this level has progressive delivery. None: release it at once."""
    control = part("delivery.control")
    if control is None or stage != STAGES[-1]:
        return None
    started: str | None = control.start(registry, number, stage, reason)
    return started


def smoke_test(stage: str) -> None:
    """Score the sample rows with what a stage serves, on its service too where its URL is known."""
    record = release.current(stage)
    loaded = bundle.load(release.current_url(stage))
    loaded.verify()
    settings = ReleaseSettings.load()
    if stage in settings.urls and record is not None:
        sample = msgspec.json.decode(loaded.files[bundle.SAMPLE], type=Sample)
        plans = part("delivery.plan")
        trial = plans.current(stage) if plans else None
        beside = None if trial is None else int(trial.release.version)
        _try(settings.urls[stage].rstrip("/"), record.version, beside, sample, settings.wait_seconds)


def _try(url: str, version: int, beside: int | None, sample: Sample, wait_seconds: float) -> None:
    """Post the sample until the service answers with the new version, then compare the scores.

    Rows that the version `beside`, which is on trial, answered are left out.
    """
    if not url.startswith(("http://", "https://")):
        raise ProjectError(f"[release] urls in settings.toml: {url} is no http URL.")
    request = urllib.request.Request(  # noqa: S310
        f"{url}/predict",
        data=msgspec.json.encode(sample.rows),
        headers={"Content-Type": "application/json"},
    )
    deadline = time.monotonic() + wait_seconds
    seen = "gave no answer"
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
                answers = msgspec.json.decode(response.read())
            if all(answer["model"] in (version, beside) for answer in answers):
                pairs = zip(answers, sample.scores, strict=True)
                mine = np.array([(answer["score"], score) for answer, score in pairs if answer["model"] == version])
                if len(mine) and not np.allclose(mine[:, 0], mine[:, 1], atol=TOLERANCE):
                    raise ProjectError(f"The service at {url} gives the sample rows other scores.")
                return
            seen = f"serves version {answers[0]['model']}"
        except (urllib.error.URLError, TimeoutError) as error:
            seen = f"gave no answer ({error})"
        time.sleep(0.2)
    raise ProjectError(f"The service at {url} {seen} after {wait_seconds:g} s: look at its log.")
