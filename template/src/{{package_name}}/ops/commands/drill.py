"""Play a day of bad luck with real processes, and check that everything heals as it should."""

import os
import shutil
from pathlib import Path

import click

from ..drill import report
from ..drill.acts import play
from ..drill.stage import Stage
from ..errors import ProjectError

ROOT = "artifacts/drill"
MARK = "this-is-a-drill"


@click.command()
@click.option("--root", default=ROOT, show_default=True, help="Folder of the drill's own artifacts.")
def command(root: str) -> None:
    """Play a day of bad luck with real processes, and check that everything heals. It takes some minutes.

    It touches nothing but its own folder. The report is written, too, when an act fails.
    """
    folder = Path(root)
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise ProjectError(f"{root} holds files that no drill wrote: give another --root.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    os.environ["STORAGE__ROOT"] = root  # for what the drill reads itself
    stage = Stage(root)
    os.environ.update({name: value for name, value in stage.scene.environment.items() if "__" in name})
    failed = ""
    try:
        play(stage)
    except ProjectError as error:
        failed = str(error)
        raise
    finally:
        click.echo(f"The drill, act by act: {report.write(stage, failed)}")
