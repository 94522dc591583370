"""Files that steps read and write, on a disk or in a bucket, by fsspec URL and atomically."""

import hashlib
import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import fsspec  # type: ignore[import-untyped]
import msgspec

from .errors import ProjectError
from .settings import StorageSettings

if TYPE_CHECKING:  # the service reads bundles by this module, and its image has no polars
    import polars as pl

Kind = TypeVar("Kind")

HEAD = 10_000  # rows of a CSV file that tell the types of its columns
MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null")  # read as missing in CSV files


def url(*parts: str) -> str:
    """Return the URL of a file below `storage.root`."""
    return "/".join((StorageSettings.load().root.rstrip("/"), *parts))


def read_bytes(path: str) -> bytes:
    """Read a whole file. Raises ProjectError when it is missing or out of reach."""
    try:
        with fsspec.open(path, "rb") as file:
            content: bytes = file.read()
            return content
    except FileNotFoundError as error:
        raise ProjectError(f"{path} does not exist: run the step that writes it first.") from error
    except OSError as error:
        raise ProjectError(f"{path} cannot be read ({error}): check the storage and try again.") from error


def find_bytes(path: str) -> bytes | None:
    """Read a whole file, or return None when there is none: one request to a bucket, where `exists` takes two more."""
    filesystem, target = fsspec.core.url_to_fs(path)
    try:
        content: bytes = filesystem.cat_file(target)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ProjectError(f"{path} cannot be read ({error}): check the storage and try again.") from error
    return content


def write_bytes(path: str, content: bytes) -> None:
    """Write a whole file so that a reader sees the old content or the new one, never half of it."""
    filesystem, target = fsspec.core.url_to_fs(path)
    try:
        if "file" not in _protocols(filesystem):
            filesystem.pipe_file(target, content)  # an object store replaces an object in one step
            return
        folder = Path(target).parent
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".writing-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ProjectError(f"{path} cannot be written ({error}): nothing was changed.") from error


def find_json(path: str, kind: type[Kind]) -> Kind | None:
    """Read a JSON file as a type, or return None when there is none."""
    content = find_bytes(path)
    try:
        return None if content is None else msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise ProjectError(f"{path} is broken ({error}): run the step that writes it again.") from error


def read_json(path: str, kind: type[Kind]) -> Kind:
    """Read a JSON file as a type. Raises ProjectError when it is broken or of another shape."""
    try:
        return msgspec.json.decode(read_bytes(path), type=kind)
    except msgspec.DecodeError as error:
        raise ProjectError(f"{path} is broken ({error}): run the step that writes it again.") from error


def write_json(path: str, value: object) -> None:
    """Write a value as indented JSON, atomically."""
    write_bytes(path, msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def read_table(path: str) -> "pl.DataFrame":
    """Read a Parquet or CSV file. Raises ProjectError when it is empty, truncated or damaged."""
    import polars as pl

    content = read_bytes(path)
    if not content:
        raise ProjectError(f"{path} is empty: write it again, or take it out of the folder.")
    try:
        if path.endswith(".csv"):
            return _read_csv(content)
        return pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise ProjectError(
            f"{path} cannot be read as a table ({reason}): the file is damaged, write it again."
        ) from error


def _read_csv(content: bytes) -> "pl.DataFrame":
    """Read with the types of the first rows; where they do not fit all or say nothing, with those of all rows.

    To look at all rows for their types takes fifty times as long as to read them.
    """
    import polars as pl

    def read(rows: int | None) -> pl.DataFrame:
        missing = list(MISSING)
        return pl.read_csv(io.BytesIO(content), try_parse_dates=True, infer_schema_length=rows, null_values=missing)

    try:
        frame = read(HEAD)
    except pl.exceptions.ComputeError:  # a later row does not fit
        return read(None)
    head = frame.head(HEAD)
    return read(None) if len(frame) > HEAD and len(head) in head.null_count().row(0) else frame


def read_tables(pattern: str) -> "pl.DataFrame":
    """Read all files that match a pattern, in order of their names, as one table."""
    import polars as pl

    files = glob(pattern)
    if not files:
        raise ProjectError(f"No file matches {pattern}: put data there, or mend settings.toml.")
    return pl.concat([read_table(file) for file in files], how="diagonal_relaxed")


def write_table(path: str, frame: "pl.DataFrame") -> None:
    """Write a table as Parquet, atomically."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    write_bytes(path, buffer.getvalue())


def exists(path: str) -> bool:
    """Say whether a file or folder exists."""
    filesystem, target = fsspec.core.url_to_fs(path)
    return bool(filesystem.exists(target))


def glob(pattern: str) -> list[str]:
    """Return the URLs that match a pattern, sorted by name."""
    filesystem, target = fsspec.core.url_to_fs(pattern)
    if "file" in _protocols(filesystem):
        return sorted(os.path.relpath(found) for found in filesystem.glob(target))
    return sorted(filesystem.unstrip_protocol(found) for found in filesystem.glob(target))


def copy(source: str, target: str) -> None:
    """Copy one file, atomically."""
    write_bytes(target, read_bytes(source))


def remove(path: str) -> None:
    """Remove a file, if it is there."""
    filesystem, target = fsspec.core.url_to_fs(path)
    if filesystem.exists(target):
        filesystem.rm_file(target)


def checksum(content: bytes) -> str:
    """Return the SHA-256 of some bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def _protocols(filesystem: fsspec.AbstractFileSystem) -> tuple[str, ...]:
    protocol = filesystem.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)
