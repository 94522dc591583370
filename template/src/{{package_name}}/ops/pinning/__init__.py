"""Pins container images: from a tag, which may move, to the digest that it means now."""

import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from .. import storage, tracked
from ..settings import Section
from . import registries
from .references import Reference, UnreadableError, find


class PinSettings(Section, table="pin"):
    """`required` turns `make scan` red while an image, action or hook is not pinned; off, as a fresh project has tags.

    `ignore` names images to leave alone, with `*` for any text. Those that the project builds are left alone anyway.
    """

    required: bool = False
    ignore: tuple[str, ...] = ()


class Change(msgspec.Struct, frozen=True):
    """An image whose digest is written into a file."""

    reference: Reference
    digest: str

    @property
    def text(self) -> str:
        """How the file names the image from now on."""
        return f"{self.reference.name}:{self.reference.version or 'latest'}@{self.digest}"


def references() -> tuple[list[Reference], list[str]]:
    """Return what the files of the project fetch, and a sentence about each file that cannot be read."""
    found, unread = [], []
    for path in tracked.files():
        text = tracked.text(path)
        try:
            found += find(path, text) if text else []
        except UnreadableError as error:
            unread.append(f"{error}")
    ignored = tuple(_ignored())
    return [one for one in found if not _is_ignored(one, ignored)], unread


def pin() -> list[Change]:
    """Write the digest of each image behind its tag, in place, and return what changed.

    All registries are asked before the first file is written, each file is written at once, and all else in it stays as
    it is, byte by byte. Raises ProjectError when a registry does not answer; nothing is changed then.
    """
    images = [one for one in references()[0] if one.kind == "image" and one.has_tag]
    names = sorted({f"{one.name}:{one.version or 'latest'}" for one in images})
    if not names:
        return []
    ask = registries.asking()
    with ThreadPoolExecutor(max_workers=8) as pool:
        digests = dict(zip(names, pool.map(lambda name: registries.digest(name, ask), names), strict=True))
    changes = [Change(one, digests[f"{one.name}:{one.version or 'latest'}"]) for one in images]
    changes = [change for change in changes if change.text != change.reference.text]
    texts = {path: _changed(path, changes) for path in {change.reference.path for change in changes}}
    for path in sorted(texts):
        mode = path.stat().st_mode
        storage.write_bytes(str(path), texts[path].encode())
        path.chmod(mode)
    return changes


def _changed(path: Path, changes: list[Change]) -> str:
    text = tracked.text(path) or ""
    for change in reversed([change for change in changes if change.reference.path == path]):
        text = text[: change.reference.start] + change.text + text[change.reference.end :]
    return text


def _ignored() -> Iterator[str]:
    """Patterns of images that nobody pins: those of the settings, and those that this project builds itself."""
    yield from PinSettings.load().ignore
    own = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]
    yield from (own, f"{own}-*", f"*/{own}", f"*/{own}-*")


def _is_ignored(reference: Reference, patterns: tuple[str, ...]) -> bool:
    return reference.kind == "image" and any(fnmatchcase(reference.name, pattern) for pattern in patterns)
