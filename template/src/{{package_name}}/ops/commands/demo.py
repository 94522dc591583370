"""Show the whole level on this machine, on simulated data, in a storage root of its own."""

import shutil
from pathlib import Path

import click

from ..demo import report
from ..demo.acts import play
from ..demo.scene import Scene
from ..errors import ProjectError

ROOT = "artifacts/demo"
MARK = "this-is-a-demo"


@click.command()
@click.option(
    "--drift",
    type=click.Choice(["none", "covariate", "sudden", "gradual"]),
    default="sudden",
    show_default=True,
    help="How the world changes in the middle; `none` must raise no alert.",
)
@click.option("--root", default=ROOT, show_default=True, help="Folder of the demo's own artifacts.")
def command(drift: str, root: str) -> None:
    """Show the whole level on this machine, on simulated data. It touches nothing but the demo's own folder."""
    folder = Path(root)
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise ProjectError(f"{root} holds files that no demo wrote: give another --root.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    scene = Scene(root)
    play(scene, drift)
    click.echo()
    for number, act in enumerate(scene.acts, 1):
        click.echo(f"{act.seconds:7.1f} s  {number}. {act.title}")
    click.secho(f"{sum(act.seconds for act in scene.acts):7.1f} s  in all", bold=True)
    click.echo(f"The demo, act by act: {report.write(scene)}")
