"""The demo: two new projects on this machine, one on simulated data and one on real data, each run end to end."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

out = Console(highlight=False)
ENVIRONMENT = Path("build/environment")  # both projects are installed here, and so are those of the next demo
PYTHON = str(ENVIRONMENT.absolute() / "bin/python")
CANCER = (
    "import polars as pl; from sklearn.datasets import load_breast_cancer as load; data = load(); "
    "columns = [name.replace(' ', '_') for name in data.feature_names]; "
    "frame = pl.DataFrame(data.data, schema=columns).with_columns(target=pl.Series(data.target)); "
    "frame.with_row_index('sample', 1000).write_csv('breast-cancer.csv')"
)


def main() -> int:
    """Run both acts in a new folder and print what each phase took, in seconds. Returns an exit status."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else _unused(Path("build/demo"))
    if folder.exists():
        out.print(f"{folder} is there already: name a folder that is not, as in `make demo FOLDER=build/mine`.")
        return 2
    seconds: dict[str, float] = {}
    credit, cancer = folder / "credit-risk", folder / "breast-cancer"
    try:
        with _phase(seconds, "render", f"Render level continuous, all defaults, into {credit}"):
            _rungs("new", str(credit), "--defaults", "level=continuous")
        with _phase(seconds, "set up", "Install what the project needs (make setup)"):
            _make(credit, "setup")
        with _phase(seconds, "act 1: simulated credit applications", "Train, gate, serve, drift, heal (make demo)"):
            _make(credit, "demo")
        with _phase(seconds, "act 2: real data", "Adopt scikit-learn's breast cancer data in a second project"):
            _rungs("new", str(cancer), "--defaults", "level=pipeline", "project_name=breast-cancer")
            _make(cancer, "setup")
            command = (PYTHON, "-m", "breast_cancer")
            _run(cancer, PYTHON, "-c", CANCER)
            _run(cancer, *command, "adopt", "breast-cancer.csv", "--target", "target")
            _make(cancer, "retrain")
            _predict(cancer, command)
    except subprocess.CalledProcessError as error:
        out.print(
            f"The demo stopped: `{' '.join(error.cmd)}` ended with {error.returncode}; its output is above.",
            markup=False,
            soft_wrap=True,
        )
        return 1
    table = Table("phase", "seconds", title="What it took")
    for name, value in {**seconds, "all": sum(seconds.values())}.items():
        table.add_row(name, f"{value:.0f}")
    out.print(table)
    for project in (credit, cancer):
        for report in sorted(project.glob("artifacts/**/report.html")):
            if "mlartifacts" not in report.parts:  # the tracker's copies
                out.print(f"report: {report}", soft_wrap=True)
    out.print(f"To go on with one of them: cd {credit} && make setup help", soft_wrap=True)
    return 0


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


def _rungs(*words: str) -> None:
    _run(Path(), sys.executable, "-m", "rungs", *words)


def _make(project: Path, target: str) -> None:
    _run(project, "make", "--no-print-directory", target)


def _predict(folder: Path, command: tuple[str, ...]) -> None:
    """Start the service, send it one row of the released model's sample, and show the answer."""
    stage = folder / "artifacts/serving/production"
    current = json.loads((stage / "current.json").read_text())
    row = json.loads((stage / current["path"] / "sample.json").read_text())["rows"][0]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "SERVING__PORT": str(port)}
    url = f"http://127.0.0.1:{port}"
    service = subprocess.Popen([*command, "serve"], cwd=folder, env=environment)  # noqa: S603  words of this module
    try:
        _wait(f"{url}/health")
        request = urllib.request.Request(f"{url}/predict", json.dumps(row).encode())  # noqa: S310  loopback
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  loopback
            out.print(f"POST {url}/predict answered [green]{answer.read().decode()}[/green]")
    finally:
        service.terminate()
        service.wait(timeout=30)


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


def _run(folder: Path, *command: str) -> None:
    own = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    own["UV_PROJECT_ENVIRONMENT"] = str(ENVIRONMENT.absolute())
    subprocess.run(command, cwd=folder, check=True, stdin=subprocess.DEVNULL, env=own)  # noqa: S603  words of this module


if __name__ == "__main__":
    sys.exit(main())
