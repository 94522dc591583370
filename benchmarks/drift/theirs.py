"""Checks a file for data drift with Evidently, and prints what that took as JSON.

Runs in Evidently's environment: `theirs.py FILE REFERENCE [METHOD]`. Timed: both files and the check, not the imports,
and no HTML. Without a method Evidently chooses one for each column, by its type and the number of rows.
"""

import json
import os
import resource
import sys
import time
import warnings

os.environ["DO_NOT_TRACK"] = "1"

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset


def main(path: str, known: str, method: str | None = None) -> None:
    """Print seconds, CPU seconds, peak bytes, and the drift of each feature."""
    warnings.simplefilter("ignore")
    begun, worked = time.perf_counter(), time.process_time()
    tables = [pd.read_parquet(path), pd.read_parquet(known)]
    numbers = [name for name in tables[0] if pd.api.types.is_numeric_dtype(tables[0][name])]
    texts = [name for name in tables[0] if name not in numbers]
    columns = DataDefinition(numerical_columns=numbers, categorical_columns=texts)
    current, reference = (Dataset.from_pandas(table, data_definition=columns) for table in tables)
    found = Report([DataDriftPreset(method=method)]).run(current, reference).dict()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    drifts = [one for one in found["metrics"] if one["config"]["type"].endswith(":ValueDrift")]
    values = {one["config"]["column"]: float(one["value"]) for one in drifts}
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak, "values": values}))


main(*sys.argv[1:])
