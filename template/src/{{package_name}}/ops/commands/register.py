"""Put the candidate into the registry."""

import click
import msgspec

from .. import bundle, evaluation, storage
from ..plugins import part
from ..registry import CHALLENGER, open_registry
from ..tracking import open_tracker


@click.command("register")
def command() -> None:
    """Complete the candidate with its figures and model card, and put it into the registry as the challenger.

    One that lost at the gate is kept for the record, with its verdict; there is no challenger then.
    """
    candidate = bundle.load(bundle.candidate_url())
    run_id = candidate.manifest.run_id
    with open_tracker().run("register", run_id) as run:
        figures = evaluation.read(run_id)
        manifest = msgspec.structs.replace(candidate.manifest, metrics=figures.metrics)
        card = storage.read_bytes(evaluation.url("card.md"))
        packaged = storage.url("package")
        bundle.save(packaged, manifest, {**candidate.files, bundle.CARD: card, **_data_card(manifest.data_version)})
        registry = open_registry()
        verdict = _verdict(run_id)
        lost = verdict is not None and verdict.get("open") is not True
        number = registry.register(packaged, verdict)
        registry.set_alias(CHALLENGER, None if lost else number)
        run.metrics({"version": number})
    as_what = f"for the record: it lost at the gate, so there is no {CHALLENGER}" if lost else f"as {CHALLENGER}"
    click.echo(f"Version {number} is registered {as_what}.")


def _data_card(data_version: str) -> dict[str, bytes]:
    """Return the card of the data that the candidate learned from, where there is one."""
    cards = part("data_card")
    card = cards.find(data_version) if cards else None
    return {} if card is None else {bundle.DATA_CARD: card}


def _verdict(run_id: str) -> dict[str, object] | None:
    """Return the gate's verdict on this run; one on another run says nothing about this model."""
    path = storage.url("gate", "verdict.json")
    if not storage.exists(path):
        return None
    verdict = storage.read_json(path, dict[str, object])
    return verdict if verdict.get("run_id") == run_id else None
