"""Where a model comes from: commit, data version, Python and library versions."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version

import msgspec

from . import storage

DECIDING = ("src", "settings.toml", "pyproject.toml", "uv.lock")  # what a model depends on


class Data(msgspec.Struct, frozen=True):
    """What this project needs of `data.json`: the checksum of the raw data is its version."""

    sha256: str


def commit() -> str:
    """Return the git commit, with `-dirty` where what decides a model was changed since; `GIT_COMMIT` without git."""
    given = os.environ.get("GIT_COMMIT")
    if given:
        return given
    head = _git("rev-parse", "HEAD")
    if head is None:
        return "unknown"
    return f"{head}-dirty" if _git("status", "--porcelain", "--", *DECIDING) else head


def data_version() -> str:
    """Return the checksum of the data that the steps work on."""
    return storage.read_json(storage.url("data", "data.json"), Data).sha256


def python() -> str:
    """Return the version of Python."""
    return platform.python_version()


def libraries(names: tuple[str, ...]) -> dict[str, str]:
    """Return the installed versions of some libraries."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
