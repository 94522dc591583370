"""The files of one stage's log, as a reader may take them, and the one way in which some are replaced by others.

`state.json` makes a replacement one step: it first names what is to come, then, in one write, what is to go. A reader
leaves out the targets of a replacement that is not committed, and the sources of one that is. So a crash at any point
loses nothing and shows nothing twice, on a disk and in a bucket.
"""

import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import fsspec  # type: ignore[import-untyped]
import msgspec
import polars as pl
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]

from .. import storage
from ..errors import ProjectError
from . import lines
from .lines import NUMBER, TEXT, Types

LIVE, CLOSED, PARQUET = ".ndjson", ".ndjson.closed", ".parquet"
STATE = "state.json"
TRIES = 100


class State(msgspec.Struct, frozen=True, kw_only=True):
    """The last replacement; names are relative to the stage's folder. `texts`, `numbers`: features ever stored."""

    number: int = 0
    committed: bool = True
    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()

    @property
    def types(self) -> Types:
        """The features in all Parquet files."""
        return {**dict.fromkeys(self.texts, TEXT), **dict.fromkeys(self.numbers, NUMBER)}


@dataclass(frozen=True)
class Entry:
    """One file: its name relative to the stage's folder, and its bytes."""

    name: str
    size: int

    @property
    def day(self) -> str:
        """The day of a Parquet file, as `2026-01-31`."""
        return self.name.split("/")[1].removeprefix("day=")


@dataclass(frozen=True)
class Files:
    """What there was at one moment, by name. `types` are the features in the Parquet files."""

    live: tuple[Entry, ...]
    closed: tuple[Entry, ...]
    parquet: tuple[Entry, ...]
    types: Types


class Store:
    """The log of one stage."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.url = storage.url("predictions", stage)
        self.filesystem, self.path = fsspec.core.url_to_fs(self.url)
        self.local = isinstance(self.filesystem, LocalFileSystem)

    def files(self) -> Files:
        """List the files that count now. Raises ProjectError when they change faster than they can be listed."""
        for _ in range(TRIES):
            state = self._state()
            entries = self._list()
            # A file that is renamed while a folder is read may show under neither name: then two readings differ.
            settled = not self.local or {e.name for e in entries} == {e.name for e in self._list()}
            if settled and self._state() == state:
                hidden = set(state.sources if state.committed else state.targets)
                shown = [entry for entry in entries if entry.name not in hidden]
                return Files(
                    live=tuple(entry for entry in shown if entry.name.endswith(LIVE)),
                    closed=tuple(entry for entry in shown if entry.name.endswith(CLOSED)),
                    parquet=tuple(entry for entry in shown if entry.name.endswith(PARQUET)),
                    types=state.types,
                )
            time.sleep(0.05)
        raise ProjectError(f"{self.url} is being compacted without a pause: try again in a minute.")

    def replace(self, sources: Sequence[str], targets: Mapping[str, pl.DataFrame]) -> None:
        """Put tables in the place of files, in one step. The caller holds the lock `compaction`."""
        before = self._state()
        types = lines.together(before.types, *(lines.input_types(frame.schema) for frame in targets.values()))
        begun = State(
            number=before.number + 1,
            committed=False,
            sources=tuple(sources),
            targets=tuple(targets),
            texts=tuple(name for name, kind in types.items() if kind == TEXT),
            numbers=tuple(name for name, kind in types.items() if kind == NUMBER),
        )
        self._write(begun)
        for name, frame in targets.items():
            storage.write_table(f"{self.url}/{name}", frame)
        self._write(msgspec.structs.replace(begun, committed=True))
        self._remove(sources)

    def recover(self) -> None:
        """Finish or undo the replacement that a crash has left. The caller holds the lock `compaction`."""
        state = self._state()
        left = set(state.sources if state.committed else state.targets)
        self._remove([entry.name for entry in self._list() if entry.name in left])
        if not state.committed:
            self._write(msgspec.structs.replace(state, number=state.number + 1, committed=True, sources=(), targets=()))

    def read(self, name: str) -> bytes:
        """Read one file whole. Raises FileNotFoundError when it was replaced since it was listed."""
        try:
            content: bytes = self.filesystem.cat_file(f"{self.path}/{name}")
        except FileNotFoundError:
            raise
        except OSError as error:
            raise ProjectError(
                f"{self.url}/{name} cannot be read ({error}): check the storage and try again."
            ) from error
        return content

    def open(self, name: str) -> BinaryIO:
        """Open one file to read. Raises FileNotFoundError when it was replaced since it was listed."""
        opened: BinaryIO = self.filesystem.open(f"{self.path}/{name}", "rb")
        return opened

    def modified(self, name: str) -> datetime:
        """Return when a file was written to last. Raises FileNotFoundError when it was replaced since it was listed."""
        at: datetime = self.filesystem.modified(f"{self.path}/{name}")
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def scan(self, name: str) -> pl.LazyFrame:
        """Open one Parquet file: a disk is read where it is needed, from a bucket the whole file comes."""
        if not self.local:
            return pl.scan_parquet(io.BytesIO(self.read(name)))
        path = Path(self.path, name)
        if not path.exists():
            raise FileNotFoundError(path)
        return pl.scan_parquet(path, glob=False, hive_partitioning=False)

    def _list(self) -> list[Entry]:
        self.filesystem.invalidate_cache()  # other processes write here too
        try:
            found = self.filesystem.find(self.path, detail=True)
        except FileNotFoundError:
            return []
        start = len(self.path)
        return [Entry(path[start:].lstrip("/"), int(info["size"] or 0)) for path, info in sorted(found.items())]

    def _state(self) -> State:
        self.filesystem.invalidate_cache()
        try:
            return msgspec.json.decode(self.read(STATE), type=State)
        except FileNotFoundError:
            return State()
        except msgspec.DecodeError as error:
            raise ProjectError(
                f"{self.url}/{STATE} is broken ({error}): bring it back from a backup, or remove it when no "
                "compaction was going on."
            ) from error

    def _write(self, state: State) -> None:
        storage.write_json(f"{self.url}/{STATE}", state)

    def _remove(self, names: Sequence[str]) -> None:
        for name in names:
            try:
                self.filesystem.rm_file(f"{self.path}/{name}")
            except FileNotFoundError:
                continue
            except OSError as error:
                raise ProjectError(
                    f"{self.url}/{name} cannot be removed ({error}): give this process the right to, and run it again."
                ) from error


def stages() -> list[str]:
    """Return the stages that have a log."""
    filesystem, path = fsspec.core.url_to_fs(storage.url("predictions"))
    filesystem.invalidate_cache()
    try:
        found = filesystem.ls(path, detail=True)
    except FileNotFoundError:
        return []
    return sorted(Path(entry["name"].rstrip("/")).name for entry in found if entry["type"] == "directory")
