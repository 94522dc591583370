"""Run the pipeline and release its model when the gate is open."""

import subprocess
import sys
from pathlib import Path

import click

from .. import gate, release, storage
from ..errors import GateClosed, ProjectError
from ..lock import lock
from ..plugins import PACKAGE
from ..promotion import candidate, promote, stages_without_a_person
from ..registry import CHAMPION, open_registry
from ..stages import STAGES

MAKE = ("make", "--no-print-directory", "pipeline")  # whatever the orchestrator made of it
ALONE = (sys.executable, "-m", PACKAGE, "pipeline")  # in a container there is no Makefile


@click.command("retrain")
@click.argument("pipeline", nargs=-1)
@click.option("--reason", default="retrained", help="Why, for the history of releases.")
def command(pipeline: tuple[str, ...], reason: str) -> None:
    """Run PIPELINE (by default `make pipeline`), and release its model when the gate is open."""
    with lock("retrain"):
        storage.remove(gate.url())  # so that a verdict found afterwards is of this run
        steps = pipeline or (MAKE if Path("Makefile").exists() else ALONE)
        done = subprocess.run(steps, check=False)  # noqa: S603
        verdict = storage.read_json(gate.url(), gate.Verdict) if storage.exists(gate.url()) else None
        if verdict is not None and not verdict.open:
            raise GateClosed(f"{verdict.sentence} Nothing was released.")
        if done.returncode != 0 or verdict is None:
            raise ProjectError("The pipeline failed, see above; nothing was released.")
        registry = open_registry()
        number = candidate(registry)
        served = release.current(STAGES[-1])
        if served is not None and registry.alias(CHAMPION) == served.version == number:
            click.echo(f"Nothing changed: version {number} is served already.")
            return
        for sentence in promote(registry, number, reason, stages=stages_without_a_person()):
            click.echo(sentence)
