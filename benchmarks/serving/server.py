"""A server under test: it is started, loaded by wrk for some seconds at a time, and ended."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


@dataclass
class Round:
    """What a server did in one round; a request may hold many rows."""

    per_second: float
    cpu_us: float
    p50_ms: float
    p99_ms: float


@dataclass
class Server:
    """`bodies` is what it is asked, by rows in a request; `ready` the seconds until its first answer."""

    name: str
    command: list[str]
    path: str
    bodies: dict[int, bytes]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    ready: float = 0.0
    memory_mib: float = 0.0
    rounds: dict[int, list[Round]] = field(default_factory=dict)
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
                self.ask(min(self.bodies))
                break
            except OSError as error:
                if self.process.poll() is not None or time.perf_counter() - started > 120:
                    sys.exit(f"{self.name} does not start ({error}): run {' '.join(self.command)}")
                time.sleep(0.02)
        self.ready = time.perf_counter() - started

    def ask(self, rows: int) -> Any:
        """Send a request once and return the answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{self.path}",
            self.bodies[rows],
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            sys.exit(f"{self.name} says {error.code}: {error.read().decode()[:300]}")

    def load(self, rows: int, connections: int, seconds: int, script: Path) -> Round:
        """Load it for some seconds with requests of so many rows."""
        script.write_text(
            f'wrk.method = "POST"\nwrk.body = {json.dumps(self.bodies[rows].decode())}\n'
            'wrk.headers["Content-Type"] = "application/json"\n'
        )
        url = f"http://127.0.0.1:{self.port}{self.path}"
        before = self.cpu()
        text = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "-s", str(script), url],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        cpu = self.cpu() - before
        if "Non-2xx" in text or "Socket errors" in text:
            sys.exit(f"{self.name} refused requests:\n{text}")
        count = int(re.findall(r"(\d+) requests in", text)[0])
        rate = float(re.findall(r"Requests/sec:\s+([\d.]+)", text)[0])
        return Round(rate, cpu * 1e6 / count, _latency(text, 50), _latency(text, 99))

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


def _latency(text: str, percentile: int) -> float:
    value, unit = re.findall(rf"{percentile}%\s+([\d.]+)(us|ms|s)", text)[0]
    return float(value) * UNITS[unit]
