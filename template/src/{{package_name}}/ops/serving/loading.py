"""Keeps the released model in memory: finds a new release, tries it beside the old one, swaps."""

import logging
import time
from dataclasses import dataclass

from .. import bundle, release, storage
from ..errors import ProjectError
from ..plugins import part
from .requests import Requests
from .scoring import Scorer

LONGEST_WAIT = 60.0  # seconds until a refused release is tried again

logger = logging.getLogger("uvicorn.error")


@dataclass(frozen=True)
class Model:
    """One released model, ready to answer."""

    version: int
    manifest: bundle.Manifest
    requests: Requests
    scorer: Scorer
    loaded_at: float


@dataclass(frozen=True)
class Refused:
    """A release that could not be taken into service; `version` is None when it cannot be told."""

    version: int | None
    reason: str


class Loader:
    """Holds the model of one stage. It is replaced as a whole: a request keeps the one it read."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.model: Model | None = None
        self.refused: Refused | None = None
        self._served: release.Release | None = None
        self._tried: release.Release | None = None
        self._wait = 0.0
        self._next = 0.0

    @property
    def absent(self) -> str:
        """Why there is no model, in one sentence."""
        if self.refused is not None:
            return f"The released model cannot be served: {self.refused.reason}"
        return f"No model is released to {self.stage} yet: promote one, and it is served within seconds."

    def refresh(self) -> None:
        """Take a new release into service, if there is one. Blocks while it loads; never raises."""
        found: release.Release | None = None
        try:
            found = release.current(self.stage)
            if found == self._served:
                self.refused = None
                return
            if found is None:
                raise ProjectError("The record of the release is gone: promote or roll back.")
            if found != self._tried:
                self._tried, self._wait, self._next = found, 0.0, 0.0
            if time.monotonic() < self._next:
                return
            self.model = load(self.stage, found)
        except Exception as error:  # whatever is wrong with the new one, the old one keeps serving
            self._refuse(None if found is None else found.version, error)
        else:
            self._served, self.refused = found, None
            logger.info("Serving model version %d of %s.", found.version, self.stage)

    def _refuse(self, version: int | None, error: Exception) -> None:
        reason = str(error)
        if not isinstance(error, ProjectError):
            reason = f"{type(error).__name__}: {reason}"
        refused = Refused(version, reason)
        if refused != self.refused:  # once, not with each try
            kept = f"version {self.model.version} stays" if self.model else "there is no other"
            logger.error("Model refused, %s: %s", kept, reason)
        self.refused = refused
        self._wait = min(max(1.0, 2 * self._wait), LONGEST_WAIT)
        self._next = time.monotonic() + self._wait


def load(stage: str, found: release.Release) -> Model:
    """Load and try the bundle of a release.

    Raises ProjectError when it is damaged, does not fit this code, or is not signed by whom the stage trusts.
    """
    url = storage.url("serving", stage, found.path)
    loaded = bundle.load(url)
    if loaded.version_digest != found.manifest_sha256:
        raise ProjectError(f"Version {found.version} is not the model that was released: promote it again.")
    if signing := part("signing"):
        signing.check(stage, url, loaded.files[bundle.MANIFEST])
    loaded.verify()
    scorer = Scorer(loaded)
    requests = Requests(loaded.manifest.schema)
    return Model(found.version, loaded.manifest, requests, scorer, time.time())
