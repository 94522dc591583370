"""Writes rows by a project's simulator, and the rows that its released model's profile was made of.

Runs in the project's environment: `rows.py PACKAGE ROWS FOLDER`.
"""

import importlib
import sys
from datetime import date
from pathlib import Path

import polars as pl

PARTS = 10  # simulated apart, so that this needs little memory too


def main(package: str, rows: int, folder: Path) -> None:
    """Write `current.parquet` and `reference.parquet`: features alone.

    The demo leaves a model that learned after the world had changed; these rows are from before, so they have drifted.
    """
    simulator = importlib.import_module(f"{package}.simulator")
    tables = importlib.import_module(f"{package}.ops.tables")
    names = list(importlib.import_module(f"{package}.schema").SCHEMA.names)
    world = simulator.WORLDS["none"]
    for part in range(PARTS):
        days = 1_000
        frame = simulator.applications(date(2026, 1, 1), days, rows // PARTS // days, part, world)
        frame.select(names).write_parquet(folder / f"part-{part}.parquet")
    pl.scan_parquet(folder / "part-*.parquet").sink_parquet(folder / "current.parquet")
    tables.test().select(names).write_parquet(folder / "reference.parquet")


main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
