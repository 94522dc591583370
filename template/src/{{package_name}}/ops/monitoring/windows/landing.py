"""The newest rows of the data source, or the rows of one file."""

from collections.abc import Iterator

from .... import source
from ....schema import SCHEMA
from ..files import Table
from ..window import Part, Reference, Window

PREFERENCE = 0


def read(reference: Reference, rows: int) -> Window:
    """Read the newest rows that the data source knows, labelled or not."""
    frame = source.load()
    if SCHEMA.time is not None and SCHEMA.time in frame.columns:
        frame = frame.sort(SCHEMA.time, nulls_last=False, maintain_order=True)
    newest = frame.tail(rows)
    return Window.of(newest, f"the newest {len(newest):,} rows of the data source")


def read_file(reference: Reference, path: str, rows: int) -> Window:
    """Read the newest rows of a Parquet, CSV or NDJSON file, as it is: judging its quality is the point."""
    table = Table(path)
    chosen = table.newest(rows, SCHEMA.time)
    size = len(table) if chosen is None else len(chosen)
    names = [name for name in reference.schema.names if name in table.names]

    def parts() -> Iterator[Part]:
        return ((frame, None) for frame in table.slices(names, chosen))

    return Window(parts, size, f"the newest {size:,} rows of {path}")
