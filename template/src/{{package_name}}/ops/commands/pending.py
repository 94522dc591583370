"""Print the number of the version that was tried in the first stage and waits for the last one."""

import click

from .. import release
from ..stages import STAGES


@click.command()
def command() -> None:
    """Print the version that waits for its approval; print nothing when none does.

    A version that was rolled back from the last stage does not wait: a person promotes it again.
    """
    tried, served = release.current(STAGES[0]), release.current(STAGES[-1])
    if tried is None or (served and served.manifest_sha256 == tried.manifest_sha256):
        return
    if tried.manifest_sha256 not in release.withdrawn(STAGES[-1]):
        click.echo(tried.version)
