"""Train a candidate on the prepared data."""

import click

from ..tracking import open_tracker
from ..training import train


@click.command("train")
def command() -> None:
    """Train a candidate on the prepared data and package it."""
    with open_tracker().run("train") as run:
        bundle = train(run.run_id)
        manifest = bundle.manifest
        run.parameters({**manifest.parameters, "seed": manifest.seed, "data_version": manifest.data_version})
        run.metrics({"training_rows": manifest.training_rows, "parity": manifest.parity})
    click.echo(
        f"Trained on {manifest.training_rows:,} rows and {len(manifest.feature_names)} features; "
        f"the ONNX export differs from the model by at most {manifest.parity:.1g}."
    )
