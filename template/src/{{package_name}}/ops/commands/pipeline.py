"""Run every step of the pipeline in this process."""

import time
from importlib import import_module

import click

from ..lock import lock
from ..steps import STEPS


@click.command("pipeline")
def command() -> None:
    """Run every step, from data to a registered model; the first that fails ends it."""
    with lock("pipeline"):
        for step in STEPS:
            click.secho(f"== {step}", bold=True)
            started = time.perf_counter()
            module = import_module(f"{__package__}.{step}")
            module.command.main(args=[], standalone_mode=False)
            click.echo(f"   {time.perf_counter() - started:.1f} s")
