"""Decide whether the candidate may be released."""

import click

from .. import bundle, gate, storage
from ..errors import GateClosed
from ..tracking import open_tracker


@click.command("gate")
def command() -> None:
    """Compare the candidate with floors, baseline and champion; exit with 1 when it must not be released."""
    run_id = bundle.load(bundle.candidate_url()).manifest.run_id
    with open_tracker().run("gate", run_id) as run:
        verdict = gate.judge()
        storage.write_json(gate.url(), verdict)
        run.metrics({"gate_open": float(verdict.open)})
        run.artifact(gate.url())
    for result in verdict.checks:
        click.echo(f"{'pass' if result.passed else 'FAIL'}  {result.check:9} {result.sentence}")
        for advice in result.advice:
            click.echo(f"                - {advice}")
    if not verdict.open:
        raise GateClosed(verdict.sentence)
    click.echo(f"Gate open: {verdict.sentence}")
