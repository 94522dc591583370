"""Run the pipeline and release its model when the gate is open."""

import subprocess

import click

from .. import gate, release, storage
from ..errors import GateClosed, ProjectError
from ..lock import lock
from ..promotion import candidate, promote
from ..registry import CHAMPION, open_registry
from ..stages import STAGES

PIPELINE = ("make", "--no-print-directory", "pipeline")


@click.command("retrain")
@click.argument("pipeline", nargs=-1)
@click.option("--reason", default="retrained", help="Why, for the history of releases.")
def command(pipeline: tuple[str, ...], reason: str) -> None:
    """Run PIPELINE (by default `make pipeline`), and release its model when the gate is open."""
    with lock("retrain"):
        storage.remove(gate.url())  # so that a verdict found afterwards is of this run
        done = subprocess.run(pipeline or PIPELINE, check=False)  # noqa: S603
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
        for sentence in promote(registry, number, reason):
            click.echo(sentence)
