"""The demo: two new projects on this machine, one on simulated data and one on real data, each run end to end."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.table import Table

out = Console(highlight=False)
ENVIRONMENTS = Path("build/environments")  # kept for the next demo, which then starts at once
CANCER = (
    "import polars as pl; from sklearn.datasets import load_breast_cancer as load; data = load(); "
    "columns = [name.replace(' ', '_') for name in data.feature_names]; "
    "frame = pl.DataFrame(data.data, schema=columns).with_columns(target=pl.Series(data.target)); "
    "frame.with_row_index('sample', 1000).write_csv('breast-cancer.csv')"
)


@dataclass(frozen=True)
class Project:
    """A project of the demo: its folder, and where its commands print (None: here)."""

    folder: Path
    output: IO[str] | None = None

    @property
    def environment(self) -> Path:
        """Where its packages are installed."""
        return (ENVIRONMENTS / self.folder.name).absolute()

    @property
    def command(self) -> tuple[str, ...]:
        """The words that start its own command line."""
        return (str(self.environment / "bin/python"), "-m", self.folder.name.replace("-", "_"))

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of its commands."""
        own = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        return own | {"UV_PROJECT_ENVIRONMENT": str(self.environment), "PYTHONUNBUFFERED": "1"}

    def render(self, *answers: str) -> None:
        """Make it by `rungs new`."""
        self.run(sys.executable, "-m", "rungs", "new", str(self.folder.absolute()), "--defaults", *answers, within=".")

    def install(self) -> None:
        """Install its packages: of the versions of the last demo, where these still fit. None is looked up then."""
        kept, lock = self.environment.with_suffix(".lock"), self.folder / "uv.lock"
        if kept.exists():
            shutil.copyfile(kept, lock)
        self.make("setup")
        shutil.copyfile(lock, kept)

    def make(self, target: str) -> None:
        """Run a Make target."""
        self.run("make", "--no-print-directory", target)

    def run(self, *command: str, within: str | None = None) -> None:
        """Run a command in its folder. Raises CalledProcessError when it fails."""
        subprocess.run(  # noqa: S603  words of this module
            command,
            cwd=within or self.folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=None if self.output is None else subprocess.STDOUT,
            env=self.variables,
        )

    def predict(self) -> str:
        """Start the service, send it one row of the released model's sample, and return the answer."""
        stage = self.folder / "artifacts/serving/production"
        current = json.loads((stage / "current.json").read_text())
        row = json.loads((stage / current["path"] / "sample.json").read_text())["rows"][0]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        service = subprocess.Popen(  # noqa: S603  words of this module
            [*self.command, "serve"],
            cwd=self.folder,
            stdout=self.output,
            stderr=None if self.output is None else subprocess.STDOUT,
            env=self.variables | {"SERVING__PORT": str(port)},
        )
        try:
            _wait(f"{url}/health")
            request = urllib.request.Request(f"{url}/predict", json.dumps(row).encode())  # noqa: S310  loopback
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  loopback
                return f"POST {url}/predict answered [green]{answer.read().decode()}[/green]"
        finally:
            service.terminate()
            service.wait(timeout=30)


def main() -> int:
    """Run both acts in a new folder and print what each phase took, in seconds. Returns an exit status."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else _unused(Path("build/demo"))
    if folder.exists():
        out.print(f"{folder} is there already: name a folder that is not, as in `make demo FOLDER=build/mine`.")
        return 2
    folder.mkdir(parents=True)
    credit, log = Project(folder / "credit-risk"), folder / "act-2.log"
    seconds: dict[str, float] = {}
    started = time.monotonic()
    with log.open("w") as output, ThreadPoolExecutor(1) as beside:
        cancer = Project(folder / "breast-cancer", output)
        second = beside.submit(_real_data, cancer, seconds)  # it needs nothing of the first: two cores, half the time
        try:
            with _phase(seconds, "render", f"Render level continuous, all defaults, into {credit.folder}"):
                credit.render("level=continuous")
            with _phase(seconds, "set up", "Install what the project needs (make setup)"):
                credit.install()
            with _phase(seconds, "act 1: simulated credit applications", "Train, gate, serve, drift, heal (make demo)"):
                credit.make("demo")
            out.rule("[bold]Act 2, run beside it: adopt scikit-learn's breast cancer data[/bold]", align="left")
            answer = second.result()
        except subprocess.CalledProcessError as error:
            if second.done() and second.exception() is error:
                out.print(log.read_text(), markup=False, soft_wrap=True)
            out.print(f"The demo stopped: `{' '.join(error.cmd)}` ended with {error.returncode}.", markup=False)
            return 1
    out.print(log.read_text(), markup=False, soft_wrap=True)
    out.print(answer)
    _tell(seconds, time.monotonic() - started, (credit, cancer))
    return 0


def _real_data(cancer: Project, seconds: dict[str, float]) -> str:
    """Act 2: a second project, at level pipeline, adopts real data and answers a request."""
    start = time.monotonic()
    cancer.render("level=pipeline", "project_name=breast-cancer")
    cancer.install()
    cancer.run(cancer.command[0], "-c", CANCER)
    cancer.run(*cancer.command, "adopt", "breast-cancer.csv", "--target", "target")
    cancer.make("retrain")
    answer = cancer.predict()
    seconds["act 2: real data, beside act 1"] = time.monotonic() - start
    return answer


def _tell(seconds: dict[str, float], total: float, projects: tuple[Project, ...]) -> None:
    table = Table("phase", "seconds", title="What it took")
    for name, value in {**dict(sorted(seconds.items(), key=_order)), "all": total}.items():
        table.add_row(name, f"{value:.0f}")
    out.print(table)
    for project in projects:
        for report in sorted(project.folder.glob("artifacts/**/report.html")):
            if "mlartifacts" not in report.parts:  # the tracker's copies
                out.print(f"report: {report}", soft_wrap=True)
    out.print(f"To go on with one of them: cd {projects[0].folder} && make setup help", soft_wrap=True)


def _order(phase: tuple[str, float]) -> bool:
    return phase[0].startswith("act 2")  # it may have ended before the others, and is told last


def _unused(wish: Path) -> Path:
    """The wished folder, or the first numbered one beside it that does not exist: nothing is ever overwritten."""
    number, folder = 1, wish
    while folder.exists():
        number += 1
        folder = wish.with_name(f"{wish.name}-{number}")
    return folder


@contextmanager
def _phase(seconds: dict[str, float], name: str, text: str) -> Iterator[None]:
    out.rule(f"[bold]{text}[/bold]", align="left")
    start = time.monotonic()
    yield
    seconds[name] = time.monotonic() - start


def _wait(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  loopback
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
