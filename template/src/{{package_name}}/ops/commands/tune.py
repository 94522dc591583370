"""Search hyperparameters on the training data."""

import click

from ..tracking import open_tracker
from ..tuning import tune


@click.command("tune")
def command() -> None:
    """Search hyperparameters on the training data, and leave the best for the training step."""
    with open_tracker().run("tune") as run:
        best, found, start = tune()
        run.parameters(best)
        run.metrics({"validation_auc": found, "validation_auc_of_settings": start})
    click.echo(
        f"Best AUC on held-back training rows {found:.4f}, {found - start:+.4f} over "
        "settings.toml: " + ", ".join(f"{name}={value:.4g}" for name, value in best.items())
    )
