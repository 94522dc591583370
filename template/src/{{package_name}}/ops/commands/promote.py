"""Release a registered model to the service."""

from pathlib import Path

import click

from ..errors import ProjectError
from ..promotion import candidate, promote
from ..registry import open_registry

CHECKLIST = Path("docs/release-checklist.md")


@click.command("promote")
@click.option("--version", "number", type=int, help="The version; by default the challenger.")
@click.option("--yes", is_flag=True, help="The checklist was walked through; do not ask.")
@click.option("--reason", default="", help="Why, for the history of releases.")
@click.option("--override", default="", help="Release in spite of objections, for this reason.")
def command(number: int | None, yes: bool, reason: str, override: str) -> None:
    """Release a registered model, after the checklist in docs/release-checklist.md."""
    registry = open_registry()
    chosen = candidate(registry) if number is None else number
    if not yes:
        _walk(chosen)
    recorded = f"override: {override}" if override else reason or "promoted by hand"
    for sentence in promote(registry, chosen, recorded, override=bool(override)):
        click.echo(sentence)


def _walk(number: int) -> None:
    """Ask each point of the checklist. Raises ProjectError at the first that is not answered with yes."""
    if not CHECKLIST.is_file():
        raise ProjectError(f"{CHECKLIST} is missing: restore it with git, or say --yes.")
    lines = CHECKLIST.read_text(encoding="utf-8").splitlines()
    for point in (line.removeprefix("- [ ] ") for line in lines if line.startswith("- [ ] ")):
        try:
            agreed = click.confirm(point)
        except click.Abort:
            raise ProjectError("The checklist was not answered: run it in a terminal, or say --yes.") from None
        if not agreed:
            raise ProjectError(f"Version {number} is not released, because not so: {point}")
