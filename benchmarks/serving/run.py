# /// script
# requires-python = ">=3.11"
# dependencies = ["psutil>=6"]
# ///
"""Compares the service of a rendered project with the usual ways to serve the same model.

    uv run benchmarks/serving/run.py --project ../credit-risk

The project must have been set up and have a released model (`make setup retrain`). 8 connections, single rows and
batches of 100, the servers one after the other in short rounds, so that a noisy machine meets all alike; ratios are of
paired rounds. The service runs as it is: metrics on, and from level `pipeline` on every prediction logged. Needs uv and
wrk (Debian: `wrk`).
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
import tomllib
from pathlib import Path
from typing import Any

from server import Round, Server

HERE = Path(__file__).resolve().parent
RIVALS = HERE / "rivals"
CONNECTIONS = 8
SIZES = (1, 100)  # rows in a request
STAGE = "production"


def servers(project: Path, work: Path) -> list[Server]:
    """Describe the servers, the rendered service first."""
    python = project / ".venv/bin/python"
    if not python.exists():
        sys.exit(f"{project} is not set up: run `make setup retrain` there first.")
    package = next(path.parent.parent.name for path in project.glob("src/*/ops/cli.py"))
    row = [python, HERE / "row.py", package, STAGE, str(max(SIZES))]
    found = subprocess.run(row, cwd=project, capture_output=True, text=True)
    if found.returncode:
        sys.exit(f"{project} has no released model: run `make retrain` there first.\n{found.stderr}")
    sample = json.loads(found.stdout)
    needed = tomllib.loads((project / "pyproject.toml").read_text())["dependency-groups"]["serve"]
    mlflow = environment(work / "mlflow", ["mlflow", "onnx", *needed])
    bento = environment(work / "bento", ["bentoml", "pandas", *needed])
    model = work / "model"
    shutil.rmtree(model, ignore_errors=True)
    arguments = [project / sample["url"], project / "src", package, model]
    subprocess.run([mlflow, RIVALS / "save_mlflow.py", *arguments], cwd=project, check=True)
    rows = sample["rows"]
    matrix = [[0.0 if value != value else value for value in row] for row in sample["matrix"]]
    plain = {size: encoded(rows[0] if size == 1 else rows[:size]) for size in SIZES}
    environ = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "BENTOML_DO_NOT_TRACK": "true",
        "BENCH_SOURCE": str(project / "src"),
        "BENCH_PACKAGE": package,
        "BENCH_BUNDLE": str(project / sample["url"]),
    }
    uvicorn = ["-m", "uvicorn", "--port", "{port}", "--no-access-log"]
    mlflow_serve = [str(mlflow.parent / "mlflow"), "models", "serve", "--env-manager", "local", "--port", "{port}"]
    mlflow_path = {"PATH": f"{mlflow.parent}:{os.environ['PATH']}"}

    def rival(name: str, command: list[str], path: str, bodies: dict[int, bytes], **environment: str) -> Server:
        return Server(name, command, path, bodies, RIVALS, {**environ, **environment})

    serve = [str(python), "-m", package, "serve", "--port", "{port}"]
    return [
        Server("rendered service", serve, "/predict", plain, project, {"SERVING__STAGE": STAGE}),
        rival("constant FastAPI endpoint", [str(python), *uvicorn, "constant:app"], "/predict", plain),
        rival("FastAPI, pydantic, pandas", [str(mlflow), *uvicorn, "fastapi_pandas:app"], "/predict", plain),
        rival(
            "BentoML, batching",
            [str(bento.parent / "bentoml"), "serve", "bento:Scores", "--host", "127.0.0.1", "--port", "{port}"],
            "/predict",
            {size: encoded({"rows": rows[:size]}) for size in SIZES},
            PATH=f"{bento.parent}:{os.environ['PATH']}",
        ),
        rival(
            "mlflow models serve, rows",
            [*mlflow_serve, "--model-uri", str(model / "rows")],
            "/invocations",
            {size: encoded({"dataframe_records": rows[:size]}) for size in SIZES},
            **mlflow_path,
        ),
        rival(
            "mlflow models serve, matrix",
            [*mlflow_serve, "--model-uri", str(model / "matrix")],
            "/invocations",
            {size: encoded({"inputs": {"features": matrix[:size]}}) for size in SIZES},
            **mlflow_path,
        ),
    ]


def encoded(body: object) -> bytes:
    """Return a body as JSON."""
    return json.dumps(body).encode()


def environment(folder: Path, packages: list[str]) -> Path:
    """Make an environment, once, and return its Python."""
    python = folder / "bin/python"
    if not python.exists():
        print(f"Making an environment with {packages[0]} ...", file=sys.stderr)
        subprocess.run(["uv", "venv", "--quiet", folder], check=True)
        install = ["uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
        subprocess.run([*install, *packages], check=True)
    return python


def table(tested: list[Server], size: int) -> str:
    """Return the result as a Markdown table: medians, and ratios of paired rounds to the service."""
    lines = [
        "| server | requests/s | p50 (ms) | p99 (ms) | CPU a request (us) | service: throughput | service: CPU |",
        "|---|---|---|---|---|---|---|",
    ]
    service = tested[0].rounds[size]
    for server in tested:
        rounds = server.rounds[size]
        pairs = list(zip(service, rounds, strict=True))
        faster = statistics.median(ours.per_second / theirs.per_second for ours, theirs in pairs)
        cheaper = statistics.median(ours.cpu_us / theirs.cpu_us for ours, theirs in pairs)
        lines.append(
            f"| {server.name} | {middle(rounds, 'per_second'):,.0f} | {middle(rounds, 'p50_ms'):.1f} "
            f"| {middle(rounds, 'p99_ms'):.1f} | {middle(rounds, 'cpu_us'):,.0f} | {faster:.2f}x | {cheaper:.3f}x |"
        )
    return "\n".join(lines)


def middle(rounds: list[Round], name: str) -> float:
    """Return the median of one figure."""
    return statistics.median(getattr(one, name) for one in rounds)


def costs(tested: list[Server]) -> str:
    """Return what each needs to be there at all, as a Markdown table."""
    lines = ["| server | cold start (s) | memory after the load (MiB) |", "|---|---|---|"]
    lines += [f"| {server.name} | {server.ready:.1f} | {server.memory_mib:.0f} |" for server in tested]
    return "\n".join(lines)


def main() -> None:
    """Run the comparison, print the tables and write them as JSON."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("--project", type=Path, required=True, help="a rendered project")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=3, help="length of a round")
    arguments.add_argument("--work", type=Path, help="folder that keeps the rivals' environments")
    arguments.add_argument("--json", type=Path, help="where to write the figures")
    options = arguments.parse_args()
    for tool in ("wrk", "uv"):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is not installed: it is in your package manager.")
    work = (options.work or Path(tempfile.gettempdir()) / "rungs-benchmark-serving").resolve()
    work.mkdir(parents=True, exist_ok=True)
    tested = servers(options.project.resolve(), work)
    try:
        for server in tested:
            server.start()
            print(f"{server.name} is ready after {server.ready:.1f} s.", file=sys.stderr)
            print(f"  {json.dumps(server.ask(1))[:120]}", file=sys.stderr)
        for size in SIZES:
            for number in range(options.rounds + 1):
                for server in tested:
                    result = server.load(size, CONNECTIONS, options.seconds, work / "request.lua")
                    if number:  # the first one warms up
                        server.rounds.setdefault(size, []).append(result)
                print(f"Round {number} of {options.rounds} with {size} rows is done.", file=sys.stderr)
        for server in tested:
            server.memory_mib = sum(process.memory_info().rss for process in server.processes()) / 2**20
    finally:
        for server in tested:
            server.stop()
    for size in SIZES:
        print(f"{'Single rows' if size == 1 else f'Batches of {size} rows'}, {CONNECTIONS} connections:\n")
        print(f"{table(tested, size)}\n")
    print(costs(tested))
    if options.json:
        write(options.json, tested)


def write(path: Path, tested: list[Server]) -> None:
    """Write every round as JSON."""
    figures: dict[str, Any] = {
        server.name: {
            "ready_s": server.ready,
            "memory_mib": server.memory_mib,
            "rounds": {size: [vars(one) for one in rounds] for size, rounds in server.rounds.items()},
        }
        for server in tested
    }
    machine = {"python": platform.python_version(), "cpus": os.cpu_count()}
    path.write_text(json.dumps({"machine": machine, "servers": figures}, indent=2))


if __name__ == "__main__":
    main()
