# /// script
# requires-python = ">=3.11"
# dependencies = ["psutil>=6"]
# ///
"""Measures what a promotion and a rollback do to the requests of a loaded service.

    uv run benchmarks/serving/switch.py --project ../credit-risk

8 connections without a pause, in rounds of five seconds. In every second round the model is switched, by turns a
promotion and a rollback, each by a command of its own that runs on the same machine. Ratios compare a round with a
switch with the round before it. No request may fail. The versions are two copies of the project's released model, in
storage of their own: the project's stays as it is.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from run import CONNECTIONS, STAGE, encoded
from server import Server

HERE = Path(__file__).resolve().parent
SECONDS = 5
BEFORE = 1.0  # seconds of a round before the switch


def main() -> None:
    """Run the rounds and print them."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("--project", type=Path, required=True, help="a rendered project with a released model")
    arguments.add_argument("--pairs", type=int, default=6, help="pairs of rounds; six take a minute")
    options = arguments.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed: it is in your package manager.")
    project = options.project.resolve()
    python = project / ".venv/bin/python"
    package = next(path.parent.parent.name for path in project.glob("src/*/ops/cli.py"))
    row = [python, HERE / "row.py", package, STAGE, "1"]
    found = subprocess.run(row, cwd=project, capture_output=True, text=True)
    if found.returncode:
        sys.exit(f"{project} has no released model: run `make setup retrain` there first.\n{found.stderr}")
    sample = json.loads(found.stdout)
    with tempfile.TemporaryDirectory() as folder:
        environment = {"STORAGE__ROOT": folder, "SERVING__STAGE": STAGE, "DELIVERY__MODE": "off"}
        versions = [str(python), str(HERE / "versions.py"), package, STAGE]
        run(project, environment, [*versions, "prepare", str(project / sample["url"])])
        serve = [str(python), "-m", package, "serve", "--port", "{port}"]
        body = encoded(sample["rows"][0])
        service = Server("rendered service", serve, "/predict", {1: body}, project, environment)
        switches = {
            "promotion": [*versions, "promote"],
            "rollback": [str(python), "-m", package, "rollback", "--stage", STAGE],
        }
        service.start()
        try:
            measure(service, switches, options.pairs, Path(folder) / "request.lua")
        finally:
            service.stop()


def measure(service: Server, switches: dict[str, list[str]], pairs: int, script: Path) -> None:
    """Load the service round by round, and switch its model in every second one."""
    service.load(1, CONNECTIONS, SECONDS, script)
    print("| switch | p99 before (ms) | p99 with the switch (ms) | ratio | from command to first answer (s) |")
    print("|---|---|---|---|---|")
    ratios = []
    for number in range(pairs):
        name = list(switches)[number % len(switches)]
        before = service.load(1, CONNECTIONS, SECONDS, script)
        version, took = service.ask(1)["model"], [0.0]
        thread = threading.Thread(target=switch, args=(service, switches[name], version, took))
        thread.start()
        during = service.load(1, CONNECTIONS, SECONDS, script)
        thread.join()  # a command may go on after the switch: it tells the registry
        if not took[0]:
            sys.exit(f"The {name} did not reach the service.")
        ratios.append(during.p99_ms / before.p99_ms)
        print(f"| {name} | {before.p99_ms:.2f} | {during.p99_ms:.2f} | {ratios[-1]:.2f} | {took[0]:.1f} |", flush=True)
    print(f"\nNo request failed. p99 with a switch against p99 before: median {statistics.median(ratios):.2f} times.")


def switch(service: Server, command: list[str], version: int, took: list[float]) -> None:
    """Start a command in the midst of a round, and note the seconds until another version answers."""
    time.sleep(BEFORE)
    started = time.perf_counter()
    running = threading.Thread(target=run, args=(service.folder, service.environment, command))
    running.start()
    while time.perf_counter() - started < SECONDS:
        if service.ask(1)["model"] != version:
            took[0] = time.perf_counter() - started
            break
        time.sleep(0.02)
    running.join()


def run(folder: Path, environment: dict[str, str], command: list[str]) -> None:
    """Run a command of the project, or end with what it says."""
    done = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")


if __name__ == "__main__":
    main()
