"""Verify what a stage serves: every checksum, and the signature where [signing] asks for one."""

import click

from .. import bundle, release, signing
from ..errors import ProjectError
from ..stages import STAGES


@click.command("verify-release")
@click.option("--stage", type=click.Choice(STAGES), default=STAGES[-1], show_default=True)
def command(stage: str) -> None:
    """Verify what a stage serves as its service does: the checksums of all files, and who released them."""
    record, url = release.current(stage), release.current_url(stage)
    loaded = bundle.load(url)
    if record is None or loaded.version_digest != record.manifest_sha256:
        raise ProjectError(f"Stage {stage} does not hold the model that was released to it: promote it again.")
    by = signing.check(stage, url, loaded.files[bundle.MANIFEST])
    said = f"signed by {by}" if by else "not signed, as [signing] in settings.toml names nobody for this stage"
    click.echo(f"Version {record.version} in stage {stage} is whole, and {said}.")
