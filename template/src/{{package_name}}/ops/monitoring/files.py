"""Reads a table of any size from a file, a slice at a time: what is in memory does not grow with its rows."""

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec  # type: ignore[import-untyped]
import numpy as np
import polars as pl
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]
from numpy.typing import NDArray

from .. import storage
from ..errors import ProjectError

SLICE = 131_072  # rows: some 30 MB of thirty columns. Smaller ones cut each row group of a Parquet file several times
LINES = (".ndjson", ".jsonl")

Positions = NDArray[np.int64]


class Table:
    """A Parquet, CSV or NDJSON file. Raises ProjectError when it is missing, empty or damaged.

    Slices can be taken from Parquet alone, and from a disk alone. A file in a bucket is copied to a temporary folder,
    and text is turned into Parquet there, both piece by piece; the folder goes with the table.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._folder: Path | None = None
        self._file = self._local()
        try:
            self.names = pl.scan_parquet(self._file).collect_schema().names()
            self._rows = int(pl.scan_parquet(self._file).select(pl.len()).collect().item())
        except (pl.exceptions.PolarsError, OSError) as error:
            raise self._damaged(error) from error

    def __len__(self) -> int:
        return self._rows

    def slices(self, names: Sequence[str], chosen: Positions | None = None) -> Iterator[pl.DataFrame]:
        """Read these columns, `SLICE` rows at a time, in the order of the file. Of `chosen`, ascending, only those.

        There is always a first slice, if need be without rows. Each is read while the one before is looked at.
        """
        parts = self._slices(names, chosen)
        with ThreadPoolExecutor(1) as pool:
            following = pool.submit(next, parts, None)
            while (part := following.result()) is not None:
                following = pool.submit(next, parts, None)
                yield part

    def newest(self, rows: int, time: str | None) -> Positions | None:
        """Return the positions of the newest rows, ascending; None for all. Without a time, the last are the newest."""
        if rows >= len(self):
            return None
        if time is None or time not in self.names:
            return np.arange(len(self) - rows, len(self))
        found, start = self._read([time], 0, 0).with_columns(position=pl.lit(0, pl.Int64)), 0
        for part in self.slices([time]):
            placed = part.with_columns(position=pl.int_range(start, start + len(part), dtype=pl.Int64))
            both = pl.concat([found, placed])
            found, start = both.sort(time, nulls_last=False, maintain_order=True).tail(rows), start + len(part)
        return np.sort(found["position"].to_numpy())

    def _slices(self, names: Sequence[str], chosen: Positions | None) -> Iterator[pl.DataFrame]:
        yielded = False
        for start in range(0, len(self), SLICE):
            inside = None if chosen is None else chosen[slice(*np.searchsorted(chosen, (start, start + SLICE)))] - start
            if inside is not None and not len(inside):
                continue
            frame = self._read(names, start, SLICE)
            yield frame if inside is None or len(inside) == len(frame) else frame[inside]
            yielded = True
        if not yielded:
            yield self._read(names, 0, 0)

    def _read(self, names: Sequence[str], start: int, rows: int) -> pl.DataFrame:
        try:
            return pl.scan_parquet(self._file).slice(start, rows).select(names or self.names[:1]).collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise self._damaged(error) from error

    def _local(self) -> Path:
        """Return a Parquet file on this machine's disk."""
        filesystem, target = fsspec.core.url_to_fs(self.path)
        try:
            if not filesystem.size(target):
                raise ProjectError(f"{self.path} is empty: write it again, or take it out of the folder.")
            if isinstance(filesystem, LocalFileSystem):
                file = Path(target)
            else:
                file = self._temporary(Path(target).name)
                with filesystem.open(target, "rb") as remote, file.open("wb") as copy:
                    shutil.copyfileobj(remote, copy, 1 << 22)
        except FileNotFoundError as error:
            raise ProjectError(f"{self.path} does not exist: run the step that writes it first.") from error
        except OSError as error:
            raise ProjectError(f"{self.path} cannot be read ({error}): check the storage and try again.") from error
        if file.suffix != ".csv" and file.suffix not in LINES:
            return file
        parquet = self._temporary("table.parquet")
        try:
            _convert(file, parquet)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise self._damaged(error) from error
        return parquet

    def _temporary(self, name: str) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="table-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder / name

    def _damaged(self, error: Exception) -> ProjectError:
        reason = (str(error).splitlines() or [""])[0]
        return ProjectError(f"{self.path} cannot be read as a table ({reason}): the file is damaged, write it again.")


def _convert(text: Path, parquet: Path) -> None:
    """Turn text into Parquet; types are those that fit every row, as `storage.read_table` has them."""
    if text.suffix in LINES:
        pl.scan_ndjson(text, infer_schema_length=None).sink_parquet(parquet, row_group_size=SLICE)
        return
    try:
        known = _csv(text, storage.HEAD)
        head = known.head(storage.HEAD).collect()
        if len(head) == storage.HEAD and len(head) in head.null_count().row(0):
            known = _csv(text, None)  # a column has no value yet that would tell its type
        known.sink_parquet(parquet, row_group_size=SLICE)
    except pl.exceptions.ComputeError:  # a later row does not fit
        _csv(text, None).sink_parquet(parquet, row_group_size=SLICE)


def _csv(text: Path, rows: int | None) -> pl.LazyFrame:
    return pl.scan_csv(text, try_parse_dates=True, infer_schema_length=rows, null_values=list(storage.MISSING))
