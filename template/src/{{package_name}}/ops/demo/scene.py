"""Runs commands as a user would type them, shows them, and notes what they took and said."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import click

from ..errors import ProjectError
from ..plugins import PACKAGE

# The demo runs the steps in one process: the orchestrator's own files name artifacts/, which is the user's.
PIPELINE = "PIPELINE=$(CLI) pipeline"
KEPT_OUT = ("ARGS", "MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "MLFLOW_TRACKING_URI")


Process = subprocess.Popen[str]


@dataclass
class Step:
    """One command: its words, what it said, how it ended, how long it took."""

    words: str
    status: int
    seconds: float
    lines: list[str]


@dataclass
class Act:
    """A part of the demo: what it shows, the commands, and what was found."""

    title: str
    steps: list[Step] = field(default_factory=list)
    found: str = ""
    seconds: float = 0.0


class Scene:
    """Where the demo plays: a storage root, a port, and the acts so far."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.acts: list[Act] = []
        self.port = free_port()
        inherited = {name: value for name, value in os.environ.items() if name not in KEPT_OUT}
        self.environment = inherited | {
            "STORAGE__ROOT": root,
            "SERVING__PORT": str(self.port),
            "SERVING__POLL_SECONDS": "0.2",
            "TUNING__TRIALS": "4",
            "TUNING__ROWS": "8000",
            "DELIVERY__SHADOW_ROWS": "100",
            "DELIVERY__SHARES": "[0.25, 0.5]",
            "DELIVERY__MINIMUM_ROWS": "100",
            "DELIVERY__MINIMUM_SECONDS": "1",
            "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
        }

    @property
    def url(self) -> str:
        """Address of the service."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def act(self, title: str) -> Iterator[Act]:
        """Begin an act and take its time."""
        act = Act(title)
        self.acts.append(act)
        click.secho(f"\n{len(self.acts)}. {title}", bold=True)
        started = time.perf_counter()
        yield act
        act.seconds = time.perf_counter() - started
        if act.found:
            click.secho(f"   => {act.found}", fg="green")

    def make(self, target: str, arguments: str = "", *variables: str, may_fail: bool = False) -> Step:
        """Run a Make target."""
        given = [f"ARGS={arguments}"] if arguments else []
        return self._run(["make", "--no-print-directory", target, *given, *variables], may_fail)

    def project(self, *words: str, may_fail: bool = False) -> Step:
        """Run a command of the project that has no Make target."""
        return self._run([sys.executable, "-m", PACKAGE, *words], may_fail)

    @contextmanager
    def background(self, *words: str) -> Iterator[Step]:
        """Run a command of the project beside the others; the end of the block ends it, and shows what it said."""
        step = Step(_words([sys.executable, "-m", PACKAGE, *words]), 0, 0.0, [])
        self.acts[-1].steps.append(step)
        click.secho(f"   $ {step.words} &", fg="cyan")
        started = time.perf_counter()
        process = self._start([sys.executable, "-m", PACKAGE, *words])
        try:
            yield step
            process.terminate()
            output, _ = process.communicate(timeout=30)
            step.lines, step.status = output.splitlines(), process.returncode
            step.seconds = time.perf_counter() - started
            click.echo("".join(f"     {line}\n" for line in step.lines), nl=False)
        finally:
            _end(process)

    @contextmanager
    def service(self) -> Iterator[None]:
        """Run `make serve` until the block ends."""
        click.secho("   $ make serve &", fg="cyan")
        log = Path(self.root, "service.log")
        with log.open("w", encoding="utf-8") as output:  # a pipe that nobody reads would stop the service
            process = self._start([sys.executable, "-m", PACKAGE, "serve"], output)
        try:
            self._wait_until_served(process, log)
            yield
        finally:
            _end(process)

    def _wait_until_served(self, process: Process, log: Path) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise ProjectError(f"The service ended before it answered: {log} says why.")
            try:
                self.ask("/health")
                return
            except OSError:
                time.sleep(0.1)
        raise ProjectError(f"The service is not healthy after 30 s: {log} says why.")

    def ask(self, path: str) -> dict[str, Any]:
        """Read JSON from the service."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=5) as answer:  # noqa: S310  loopback
            found: dict[str, Any] = json.load(answer)
        return found

    def version(self) -> int:
        """The version of the model that answers now."""
        return int(self.ask("/version")["model"]["version"])

    def _run(self, words: list[str], may_fail: bool) -> Step:
        step = Step(_words(words), 0, 0.0, [])
        self.acts[-1].steps.append(step)
        click.secho(f"   $ {step.words}", fg="cyan")
        started = time.perf_counter()
        process = self._start(words)
        try:
            for line in process.stdout or ():
                step.lines.append(line.rstrip())
                click.echo(f"     {step.lines[-1]}")
            step.status = process.wait()
        finally:
            _end(process)
        step.seconds = time.perf_counter() - started
        if step.status and not may_fail:
            raise ProjectError(f"`{step.words}` ended with status {step.status}, see above.")
        return step

    def _start(self, words: list[str], output: IO[str] | int = subprocess.PIPE) -> Process:
        return subprocess.Popen(  # noqa: S603  words of this package alone
            words,
            env=self.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )


def _end(process: Process) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _words(words: list[str]) -> str:
    shown = ["python" if word == sys.executable else word for word in words]
    shown = [word for word in shown if word != "--no-print-directory"]
    return " ".join(f"'{word}'" if " " in word or "$" in word else word for word in shown)


def free_port() -> int:
    """Ask the system for a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
