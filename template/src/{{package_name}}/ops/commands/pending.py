"""Print the number of the version that was tried in the first stage and waits for the last one."""

import click

from ..pending import pending


@click.command()
def command() -> None:
    """Print the version that waits for its approval; print nothing when none does."""
    tried = pending()
    if tried is not None:
        click.echo(tried.version)
