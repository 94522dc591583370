"""Images, actions and hooks that are fetched by a name whose meaning may change."""

from ..pinning import PinSettings, references
from . import Report

CURES = {
    "image": "`make pin` writes its digest behind the tag",
    "action": "write the commit of that version in its place, and the version as a comment",
    "hook": "write the commit of that version in its place: `.venv/bin/pre-commit autoupdate --freeze`",
}


def check() -> Report:
    """List what is not pinned; red where [pin] in settings.toml says `required`."""
    found, notes = references()
    loose = [one for one in found if not one.pinned]
    lines = [
        f"{one.path}:{one.line}: {one.kind} `{one.text}` is not pinned. "
        + ("Its name is made of variables: pin what they hold." if one.open else f"Cure: {CURES[one.kind]}.")
        for one in loose
    ]
    looked_at = f"{len(found)} images, actions and hooks, {len(loose)} of them not pinned"
    return Report(looked_at, lines, notes) if PinSettings.load().required else Report(looked_at, [], lines + notes)
