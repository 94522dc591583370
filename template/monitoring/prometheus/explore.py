# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["evidently>=0.7.20,<0.8", "pandas>=2.2,<3"] # Evidently 0.7 cannot be imported beside pandas 3
# ///
"""Compares two samples with Evidently, in an environment of its own: `make explore` writes them and runs this.

Takes a folder with `reference.parquet` and `window.parquet`, of the same columns, and writes `report.html` there.
"""

import os
import sys
import warnings
from pathlib import Path

os.environ["DO_NOT_TRACK"] = "1"  # Evidently sends nothing

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset, DataSummaryPreset


def main(folder: Path) -> None:
    """Write the report, and the columns that it leaves out to stdout: Evidently cannot take one without values."""
    tables = [pd.read_parquet(folder / name) for name in ("window.parquet", "reference.parquet")]
    names = [name for name in tables[0] if all(table[name].notna().any() for table in tables)]
    texts = [name for name in names if not pd.api.types.is_numeric_dtype(tables[0][name])]
    columns = DataDefinition(numerical_columns=[name for name in names if name not in texts], categorical_columns=texts)
    window, reference = (Dataset.from_pandas(table[names], data_definition=columns) for table in tables)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of divisions by zero in bins without rows
        found = Report([DataDriftPreset(), DataSummaryPreset()]).run(window, reference)
    found.save_html(str(folder / "report.html"))
    print("\n".join(name for name in tables[0] if name not in names))


main(Path(sys.argv[1]))
