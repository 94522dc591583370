"""The registry of models: numbered versions and the names `champion` and `challenger` that point to two of them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol, cast

import msgspec

from . import bundle, plugins, storage
from .errors import ProjectError
from .lock import lock

CHAMPION, CHALLENGER = "champion", "challenger"
ALIASES = "aliases.json"
VERSION = "version.json"

Verdict = Mapping[str, Any]


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One registered model. `digest` is the SHA-256 of its manifest, `verdict` that of the gate, if there is one."""

    number: int
    created_at: str
    digest: str
    metrics: dict[str, float]
    verdict: dict[str, Any] | None
    data_version: str
    commit: str
    run_id: str


class Registry(Protocol):
    """What every registry does."""

    def register(self, bundle_url: str, verdict: Verdict | None) -> int:
        """Store a bundle and return its number; the same bundle again keeps its number and takes the new verdict."""

    def versions(self) -> list[Version]:
        """Return all versions, oldest first."""

    def alias(self, name: str) -> int | None:
        """Return the number that a name points to."""

    def set_alias(self, name: str, number: int | None) -> None:
        """Point a name to a version, or to none."""

    def fetch(self, number: int) -> str:
        """Return the URL of a version's bundle."""


def open_registry() -> Registry:
    """Return the registry that a component brings, or else the one in files."""
    factory = plugins.find("registry")
    return cast(Registry, factory()) if factory else FileRegistry(storage.url("registry"))


def find(registry: Registry, number: int) -> Version:
    """Return one version. Raises ProjectError when there is none of that number."""
    versions = {version.number: version for version in registry.versions()}
    if number not in versions:
        known = ", ".join(map(str, versions)) or "none yet"
        raise ProjectError(f"The registry has no version {number} (it has: {known}).")
    return versions[number]


class FileRegistry:
    """A registry of files: `versions/<number>/` is a bundle with `version.json`; `aliases.json` holds the names."""

    def __init__(self, root: str) -> None:
        self.root = root

    def register(self, bundle_url: str, verdict: Verdict | None) -> int:
        """Store a bundle and return its number; the same bundle again keeps its number and takes the new verdict."""
        loaded = bundle.load(bundle_url)
        with lock("registry", wait_seconds=30):
            versions = self.versions()
            same = [version for version in versions if version.digest == loaded.version_digest]
            number = same[0].number if same else 1 + max((v.number for v in versions), default=0)
            if not same:
                bundle.copy(bundle_url, self._folder(number))
            manifest = loaded.manifest
            version = Version(
                number=number,
                created_at=same[0].created_at if same else _now(),
                digest=loaded.version_digest,
                metrics=manifest.metrics,
                verdict=dict(verdict) if verdict is not None else None,
                data_version=manifest.data_version,
                commit=manifest.commit,
                run_id=manifest.run_id,
            )
            storage.write_json(f"{self._folder(number)}/{VERSION}", version)
        return number

    def versions(self) -> list[Version]:
        """Return all versions, oldest first."""
        found = storage.glob(f"{self.root}/versions/*/{VERSION}")
        return sorted((storage.read_json(path, Version) for path in found), key=lambda version: version.number)

    def alias(self, name: str) -> int | None:
        """Return the number that a name points to."""
        return self._aliases().get(name)

    def set_alias(self, name: str, number: int | None) -> None:
        """Point a name to a version, or to none."""
        with lock("registry", wait_seconds=30):
            aliases = self._aliases()
            if number is None:
                aliases.pop(name, None)
            else:
                aliases[name] = find(self, number).number
            storage.write_json(f"{self.root}/{ALIASES}", aliases)

    def fetch(self, number: int) -> str:
        """Return the URL of a version's bundle."""
        return self._folder(find(self, number).number)

    def _aliases(self) -> dict[str, int]:
        path = f"{self.root}/{ALIASES}"
        return storage.read_json(path, dict[str, int]) if storage.exists(path) else {}

    def _folder(self, number: int) -> str:
        return f"{self.root}/versions/{number}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
