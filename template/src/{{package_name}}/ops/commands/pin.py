"""Write the digest of each container image behind its tag, in place; again, and digests follow their tags."""

import click

from ..pinning import pin


@click.command()
def command() -> None:
    """Pin the container images that the files of the project name to what their tags mean now."""
    changes = pin()
    for change in changes:
        reference = change.reference
        click.echo(f"{reference.path}:{reference.line}: {reference.text} -> {change.digest}")
    files = len({change.reference.path for change in changes})
    click.echo(f"Pinned {len(changes)} names in {files} files." if changes else "Every digest is that of its tag.")
