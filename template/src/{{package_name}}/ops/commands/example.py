"""Print a row that the service takes, to try it with."""

import click
import msgspec

from .. import bundle, release
from ..stages import STAGES


@click.command()
@click.option("--stage", type=click.Choice(STAGES), default=STAGES[-1], show_default=True)
def command(stage: str) -> None:
    """Print one of the rows that the released model was packaged with, as the JSON of a request."""
    sample = msgspec.json.decode(bundle.load(release.current_url(stage)).files[bundle.SAMPLE], type=bundle.Sample)
    click.echo(msgspec.json.encode(sample.rows[0]).decode())
