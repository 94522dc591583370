"""Sign files by the identity that the CI system gives this job: FILE.sigstore.json beside each."""

import click

from .. import storage
from ..signing import signature_of


@click.command("sign")
@click.argument("files", nargs=-1, required=True)
def command(files: tuple[str, ...]) -> None:
    """Sign FILES by the identity that the CI system gives this job; docs/signatures.md says how to verify them."""
    for file in files:
        storage.write_bytes(f"{file}.sigstore.json", signature_of(storage.read_bytes(file)))
        click.echo(f"{file} is signed: {file}.sigstore.json")
