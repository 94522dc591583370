# /// script
# requires-python = ">=3.11"
# dependencies = ["psutil>=6"]
# ///
"""Compares the service of a rendered project with `mlflow models serve` and with a constant FastAPI endpoint.

    uv run benchmarks/serving/run.py --project ../credit-risk

The project must have been set up and have a released model (`make demo` leaves one). Single rows, 8 connections, the
servers one after the other in short rounds, so that a noisy machine meets all alike; ratios are of paired rounds. The
service runs as it is: metrics on, and from level `pipeline` on every prediction logged. MLflow serves the same model
twice: `rows` does what the service does, named columns in and a score out, by the project's own encoder; `matrix` gets
rows that the client has encoded, which is the least that MLflow can do. Needs uv and wrk (Debian: `wrk`).
"""

import argparse
import json
import os
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

HERE = Path(__file__).resolve().parent
CONNECTIONS = 8
STAGE = "production"
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


@dataclass
class Round:
    """What one server did in one round."""

    per_second: float
    cpu_us: float
    p99_ms: float


@dataclass
class Server:
    """A server under test. `body` is what it is asked, `ready` the seconds until its first answer."""

    name: str
    command: list[str]
    path: str
    body: bytes
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    ready: float = 0.0
    memory_mib: float = 0.0
    rounds: list[Round] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it on a free port and wait for its first answer."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [part.replace("{port}", str(self.port)) for part in self.command],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while True:
            try:
                self.ask()
                break
            except OSError as error:
                if self.process.poll() is not None or time.perf_counter() - started > 120:
                    sys.exit(f"{self.name} does not start ({error}): run {' '.join(self.command)}")
                time.sleep(0.02)
        self.ready = time.perf_counter() - started

    def ask(self) -> Any:
        """Send the request once and return the answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{self.path}",
            self.body,
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            sys.exit(f"{self.name} says {error.code}: {error.read().decode()[:300]}")

    def processes(self) -> list[psutil.Process]:
        """The server and all its workers."""
        assert self.process is not None
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def cpu(self) -> float:
        """CPU seconds of all processes so far."""
        times = [process.cpu_times() for process in self.processes()]
        return sum(one.user + one.system for one in times)

    def stop(self) -> None:
        """End it and its workers."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)


def measure(server: Server, seconds: int, script: Path) -> Round:
    """Load a server for some seconds."""
    script.write_text(
        f'wrk.method = "POST"\nwrk.body = {json.dumps(server.body.decode())}\n'
        'wrk.headers["Content-Type"] = "application/json"\n'
    )
    url = f"http://127.0.0.1:{server.port}{server.path}"
    before = server.cpu()
    text = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--latency", "-s", str(script), url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    cpu = server.cpu() - before
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"{server.name} refused requests:\n{text}")
    count = int(re.findall(r"(\d+) requests in", text)[0])
    value, unit = re.findall(r"99%\s+([\d.]+)(us|ms|s)", text)[0]
    rate = float(re.findall(r"Requests/sec:\s+([\d.]+)", text)[0])
    return Round(rate, cpu * 1e6 / count, float(value) * UNITS[unit])


def servers(project: Path, work: Path) -> list[Server]:
    """Describe the three servers, the service first."""
    python = project / ".venv/bin/python"
    if not python.exists():
        sys.exit(f"{project} is not set up: run `make setup` and release a model there first.")
    package = next(path.parent.parent.name for path in project.glob("src/*/ops/cli.py"))
    found = subprocess.run([python, HERE / "row.py", package, STAGE], cwd=project, capture_output=True, text=True)
    if found.returncode:
        sys.exit(f"{project} has no released model: run `make demo` there first.\n{found.stderr}")
    sample = json.loads(found.stdout)
    mlflow = environment(work, project)
    model = work / "model"
    shutil.rmtree(model, ignore_errors=True)
    arguments = [project / sample["url"], project / "src", package, model]
    subprocess.run([mlflow, HERE / "save_mlflow.py", *arguments], cwd=project, check=True)
    matrix = [[0.0 if value != value else value for value in row] for row in sample["matrix"]]
    row = json.dumps(sample["row"]).encode()
    environ = {"MLFLOW_DISABLE_TELEMETRY": "true", "PATH": f"{mlflow.parent}:{os.environ['PATH']}"}

    def mlflow_server(form: str, body: object) -> Server:
        serve = [str(mlflow.parent / "mlflow"), "models", "serve", "--env-manager", "local"]
        return Server(
            f"mlflow models serve, {form}",
            [*serve, "--model-uri", str(model / form), "--port", "{port}"],
            "/invocations",
            json.dumps(body).encode(),
            project,
            environ,
        )

    return [
        Server(
            "rendered service",
            [str(python), "-m", package, "serve", "--port", "{port}"],
            "/predict",
            row,
            project,
            {"SERVING__STAGE": STAGE},
        ),
        Server(
            "constant FastAPI endpoint",
            [str(python), "-m", "uvicorn", "constant:app", "--port", "{port}", "--no-access-log"],
            "/predict",
            row,
            HERE,
        ),
        mlflow_server("rows", {"dataframe_records": [sample["row"]]}),
        mlflow_server("matrix", {"inputs": {"features": matrix}}),
    ]


def environment(work: Path, project: Path) -> Path:
    """Make the environment of MLflow, once, and return its Python."""
    python = work / "venv/bin/python"
    if not python.exists():
        print("Making an environment for MLflow ...", file=sys.stderr)
        subprocess.run(["uv", "venv", "--quiet", work / "venv"], check=True)
        groups = tomllib.loads((project / "pyproject.toml").read_text())["dependency-groups"]
        install = ["uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
        subprocess.run([*install, "mlflow", "onnx", *groups["serve"]], check=True)
    return python


def table(tested: list[Server]) -> str:
    """Return the result as a Markdown table: medians, and ratios of paired rounds to the service."""
    lines = [
        "| server | rows/s | CPU a row (us) | p99 (ms) | memory (MiB) | ready (s) "
        "| service: throughput | service: CPU |",
        "|---|---|---|---|---|---|---|---|",
    ]
    service = tested[0]
    for server in tested:
        pairs = list(zip(service.rounds, server.rounds, strict=True))
        faster = statistics.median(ours.per_second / theirs.per_second for ours, theirs in pairs)
        cheaper = statistics.median(ours.cpu_us / theirs.cpu_us for ours, theirs in pairs)
        median = {
            name: statistics.median(getattr(one, name) for one in server.rounds)
            for name in ("per_second", "cpu_us", "p99_ms")
        }
        lines.append(
            f"| {server.name} | {median['per_second']:,.0f} | {median['cpu_us']:,.0f} "
            f"| {median['p99_ms']:.1f} | {server.memory_mib:.0f} | {server.ready:.1f} "
            f"| {faster:.2f}x | {cheaper:.3f}x |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run the comparison, print the table and write it as JSON."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("--project", type=Path, required=True, help="a rendered project")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=4, help="length of a round")
    arguments.add_argument("--work", type=Path, help="folder that keeps MLflow's environment")
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
            print(f"  {json.dumps(server.ask())[:120]}", file=sys.stderr)
        for number in range(options.rounds + 1):
            for server in tested:
                result = measure(server, options.seconds, work / "request.lua")
                if number:  # the first one warms up
                    server.rounds.append(result)
            print(f"Round {number} of {options.rounds} is done.", file=sys.stderr)
        for server in tested:
            resident = sum(process.memory_info().rss for process in server.processes())
            server.memory_mib = resident / 2**20
    finally:
        for server in tested:
            server.stop()
    print(table(tested))
    if options.json:
        figures = {
            server.name: {
                "ready_s": server.ready,
                "memory_mib": server.memory_mib,
                "rounds": [vars(one) for one in server.rounds],
            }
            for server in tested
        }
        machine = {"python": platform.python_version(), "cpus": os.cpu_count()}
        options.json.write_text(json.dumps({"machine": machine, "servers": figures}, indent=2))


if __name__ == "__main__":
    main()
