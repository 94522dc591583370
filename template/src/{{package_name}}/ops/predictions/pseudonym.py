"""Pseudonyms: identifiers hashed with a secret, so that the log names nobody and labels find their predictions."""

import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

import fsspec  # type: ignore[import-untyped]
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]

from .. import storage
from ..errors import ProjectError

SECRET = "PREDICTION_LOG__SECRET"  # noqa: S105  the name of the variable # pragma: allowlist secret
SHORTEST = 16  # characters of a secret that somebody gives
BYTES = 16  # of a pseudonym: two of a billion identifiers are equal with a chance of one in 10^21

Hash = Callable[[str | int], str]


def hasher() -> Hash:
    """Return the function that turns an identifier into 32 hex digits, by BLAKE2b with the secret as its key.

    17 and "17" are one identifier. Raises ProjectError when there is no usable secret and none can be made.
    """
    begun = hashlib.blake2b(key=hashlib.blake2b(_secret()).digest(), digest_size=BYTES)

    def pseudonym(identifier: str | int) -> str:
        state = begun.copy()
        state.update(str(identifier).encode("utf-8", "surrogatepass"))
        return state.hexdigest()

    return pseudonym


def _secret() -> bytes:
    given = os.environ.get(SECRET)
    if not given:
        return _key_file()
    if len(given) < SHORTEST:
        raise ProjectError(
            f"{SECRET} has {len(given)} characters: give at least {SHORTEST}, from `openssl rand -hex 32`."
        )
    return given.encode()


def _key_file() -> bytes:
    """Read the key file; the first process that looks for it makes it, and all others get the same."""
    url = storage.url("predictions", "pseudonym.key")
    if not storage.exists(url):
        _create(url, secrets.token_hex(32).encode() + b"\n")
    content = storage.read_bytes(url).strip()
    if len(content) < SHORTEST:
        raise ProjectError(f"{url} is damaged: bring it back from a backup, or no label finds its prediction.")
    return content


def _create(url: str, content: bytes) -> None:
    """Write a file that only the owner may read, unless there is one."""
    filesystem, path = fsspec.core.url_to_fs(url)
    try:
        if isinstance(filesystem, LocalFileSystem):
            _create_local(Path(path), content)
        else:
            filesystem.pipe_file(path, content, mode="create")
    except FileExistsError:  # another process was faster
        filesystem.invalidate_cache()
    except OSError as error:
        raise ProjectError(
            f"The key of the pseudonyms cannot be written to {url} ({error}): mend that, or set {SECRET}."
        ) from error


def _create_local(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)  # whole or not at all, and never over another
    finally:
        Path(temporary).unlink()
