"""The processes of the drill: started, killed and started again, each with a log of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from ..errors import ProjectError
from ..plugins import PACKAGE

GRACE = 20.0  # seconds that a process has to end by itself


class Processes:
    """Long-lived processes by name. Each is the head of a group, so that its workers end with it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._words: dict[str, list[str]] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def project(self, name: str, *words: str) -> None:
        """Start a command of this project."""
        self.start(name, [sys.executable, "-m", PACKAGE, *words])

    def start(self, name: str, words: list[str]) -> None:
        """Start a command; its output goes to `<name>.log`."""
        self._words[name] = words
        with self.log(name).open("ab") as output:
            self._running[name] = subprocess.Popen(  # noqa: S603  words of this package and of the drill
                words,
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def again(self, name: str) -> None:
        """Start a command that has ended once more, with the same words."""
        self.start(name, self._words[name])

    def kill(self, name: str) -> None:
        """End a process and all that it started as a power cut would."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def check(self) -> None:
        """Raise ProjectError when one has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise ProjectError(f"{name} ended with status {process.returncode}: {self.log(name)} says why.")

    def end(self) -> None:
        """End all of them, the last one first."""
        for name in reversed(list(self._running)):
            process = self._running.pop(name)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(GRACE)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    def log(self, name: str) -> Path:
        """Return where a process writes."""
        return self._folder / f"{name}.log"
