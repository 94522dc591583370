"""Fills in the model card from what the run recorded; what only people know stands in settings.toml."""

from . import storage
from .bundle import Manifest
from .evaluation import Evaluation, url
from .settings import Section
from .templating import environment


class CardSettings(Section, table="card"):
    """What no run can know about the model."""

    purpose: str = "Not stated yet: say in [card] of settings.toml what the score is used for."
    not_for: str = "Any use that is not stated above."
    owner: str = "Not stated yet."


def write(manifest: Manifest, evaluation: Evaluation, explained: str = "") -> None:
    """Write `card.md` beside the figures. `explained` is what an explanation of the model says in short."""
    card = (
        environment()
        .get_template("card.md")
        .render(manifest=manifest, evaluation=evaluation, words=CardSettings.load(), explained=explained)
    )
    storage.write_bytes(url("card.md"), card.encode())
