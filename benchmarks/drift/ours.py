"""Checks a file for data drift as a rendered project does, and prints what that took as JSON.

Runs in the project's environment: `ours.py PACKAGE FILE`. Timed: the profile, the file and the check, not the imports.
"""

import importlib
import json
import resource
import sys
import time

ALL = 10**12  # rows: more than any file has


def main(package: str, path: str) -> None:
    """Print seconds, CPU seconds, peak bytes, and the PSI of each feature."""
    ops = f"{package}.ops.monitoring"
    window = importlib.import_module(f"{ops}.window")
    landing = importlib.import_module(f"{ops}.windows.landing")
    check = importlib.import_module(f"{ops}.checks.data_drift").check
    begun, worked = time.perf_counter(), time.process_time()
    reference = window.Reference.released()
    finding = check(landing.read_file(reference, path, ALL), reference)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    values = {measure.subject: measure.value for measure in finding.measures}
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak, "values": values}))


main(sys.argv[1], sys.argv[2])
