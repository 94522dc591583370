# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
"""Compares the drift check of a rendered project with Evidently's on the same file of rows.

    uv run benchmarks/drift/run.py --project ../credit-risk

The project must have been set up and have a released model: `make demo` leaves one, below `artifacts/demo`. Its
simulator makes the rows, of thirty features. Each side reads the file by itself, which counts on both sides: the
project in slices by polars, against the profile that the released model carries; Evidently by pandas, against the rows
that this profile was made of. Every check is a process of its own, and the sides take turns, so that a busy machine
meets all alike; ratios are medians of rounds. Needs uv.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
EVIDENTLY = ("evidently>=0.7.20,<0.8", "pandas>=2.2,<3")


@dataclass
class Side:
    """One way to check. A round is what its process printed, with the seconds of the whole process."""

    name: str
    command: list[str]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    rounds: list[dict[str, Any]] = field(default_factory=list)

    def run(self) -> None:
        """Check once."""
        begun = time.perf_counter()
        done = subprocess.run(
            self.command,
            cwd=self.folder,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            sys.exit(f"{self.name} fails:\n{done.stderr[-2000:]}")
        self.rounds.append({**json.loads(done.stdout.splitlines()[-1]), "process": time.perf_counter() - begun})

    def median(self, name: str) -> float:
        """The median of a figure over the rounds."""
        return statistics.median(one[name] for one in self.rounds)


def sides(project: Path, root: str, rows: int, work: Path) -> list[Side]:
    """Make the rows, and describe the sides, the project first."""
    python = project / ".venv/bin/python"
    if not python.exists():
        sys.exit(f"{project} is not set up: run `make setup demo` there first.")
    package = next(path.parent.parent.name for path in project.glob("src/*/ops/cli.py"))
    rendered = {"STORAGE__ROOT": root}
    made = subprocess.run(
        [python, HERE / "rows.py", package, str(rows), work],
        cwd=project,
        env={**os.environ, **rendered},
        capture_output=True,
        text=True,
    )
    if made.returncode:
        sys.exit(f"{project} has no prepared rows in {root}: run `make demo` there first.\n{made.stderr[-2000:]}")
    current, reference = str(work / "current.parquet"), str(work / "reference.parquet")
    theirs = [str(environment(work)), str(HERE / "theirs.py"), current, reference]
    return [
        Side("rendered project, PSI", [str(python), str(HERE / "ours.py"), package, current], project, rendered),
        Side("Evidently, PSI", [*theirs, "psi"], work),
        Side("Evidently, as it comes", theirs, work),
    ]


def environment(work: Path) -> Path:
    """Make the environment of Evidently, once, and return its Python."""
    python = work / "venv/bin/python"
    if not python.exists():
        print("Making an environment for Evidently ...", file=sys.stderr)
        subprocess.run(["uv", "venv", "--quiet", work / "venv"], check=True)
        install = ["uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
        subprocess.run([*install, *EVIDENTLY], check=True)
    return python


def table(tested: list[Side]) -> str:
    """Return the result as a Markdown table: medians, and ratios of paired rounds to the project."""
    lines = [
        "| check | seconds | CPU seconds | peak memory (MB) | whole process (s) | features | largest PSI "
        "| project: faster | project: CPU | project: memory |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    ours = tested[0]
    for side in tested:
        ratios = {
            name: statistics.median(
                theirs[name] / mine[name] for mine, theirs in zip(ours.rounds, side.rounds, strict=True)
            )
            for name in ("seconds", "cpu", "peak")
        }
        values = side.rounds[0]["values"]
        largest = f"{max(values.values()):.2f}" if "PSI" in side.name else "-"
        lines.append(
            f"| {side.name} | {side.median('seconds'):,.2f} | {side.median('cpu'):,.2f} "
            f"| {side.median('peak') / 1e6:,.0f} | {side.median('process'):,.1f} | {len(values)} | {largest} "
            f"| {ratios['seconds']:,.0f}x | {ratios['cpu']:,.0f}x | {ratios['peak']:,.1f}x |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run the comparison, print the table and write it as JSON."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("--project", type=Path, required=True, help="a rendered project")
    arguments.add_argument("--root", default="artifacts/demo", help="its storage root with a released model")
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--ours", action="store_true", help="leave Evidently out")
    arguments.add_argument("--work", type=Path, help="folder that keeps Evidently's environment")
    arguments.add_argument("--json", type=Path, help="where to write the figures")
    options = arguments.parse_args()
    if shutil.which("uv") is None:
        sys.exit("uv is not installed: it is in your package manager.")
    if options.rows < 10_000:
        sys.exit("Give at least 10,000 rows: --rows.")
    work = (options.work or Path(tempfile.gettempdir()) / "rungs-benchmark-drift").resolve()
    work.mkdir(parents=True, exist_ok=True)
    tested = sides(options.project.resolve(), options.root, options.rows, work)
    tested = tested[:1] if options.ours else tested
    for number in range(1, options.rounds + 1):
        for side in tested:
            side.run()
            print(f"Round {number}: {side.name}, {side.rounds[-1]['seconds']:.2f} s", file=sys.stderr)
    print(table(tested))
    if options.json:
        machine = {"python": platform.python_version(), "cpus": os.cpu_count(), "rows": options.rows}
        figures = {side.name: side.rounds for side in tested}
        options.json.write_text(json.dumps({"machine": machine, "sides": figures}, indent=2))


if __name__ == "__main__":
    main()
