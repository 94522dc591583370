"""Show all that made a prediction: row, model, release, code, data, run, and what came true."""

from collections.abc import Mapping
from typing import Any

import click
import msgspec

from ..predictions.tracing import Trace, trace


@click.command("trace")
@click.argument("prediction_id")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(prediction_id: str, as_json: bool) -> None:
    """Show all that made the prediction with an id: the one that its answer held."""
    found = trace(prediction_id)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
        return
    click.echo("\n".join(_page(found)))


def _page(found: Trace) -> list[str]:
    told = found.prediction
    lines = [f"Prediction {told['id']} of {found.stage}", ""]
    lines += _block("Answer", _answer(found))
    if found.release is not None:
        record = found.release
        released = {"when": record.released_at, "by": record.by, "why": record.reason, "how": record.action}
        lines += _block(f"Release of version {record.version}", released)
    if found.manifest is not None:
        lines += _block("Model", _model(found))
        lines += _block("Parameters", found.manifest.parameters)
    for step in found.run:
        lines += _block(f"Run, step {step.step}", {"status": step.status, "begun": step.started_at, **step.metrics})
    lines += _block("Row", found.row)
    return [*lines, *found.missing] if found.missing else lines[:-1]


def _answer(found: Trace) -> Mapping[str, Any]:
    told = found.prediction
    return {
        "when": told["at"],
        "version": f"{told['model']}, as {told['role']}",
        "score": "no number" if told["score"] is None else told["score"],
        "decision": _known(found.decision),
        "outcome": _known(found.label),
        "milliseconds": _known(told["ms"]),
        "pseudonym": _known(told["key"]),
    }


def _model(found: Trace) -> Mapping[str, Any]:
    manifest = found.manifest
    assert manifest is not None  # noqa: S101  the caller asked
    return {
        "name": f"{manifest.name}, {manifest.framework}",
        "commit": manifest.commit,
        "data version": manifest.data_version,
        "run": manifest.run_id,
        "trained": f"{manifest.trained_at}, on {manifest.training_rows:,} rows",
        "threshold": manifest.threshold,
        "bundle": found.bundle_sha256,
        "features": manifest.features_digest,
    }


def _block(title: str, values: Mapping[str, Any]) -> list[str]:
    width = max(map(len, values), default=0)
    return [title, *(f"  {name:{width}}  {_shown(value)}" for name, value in values.items()), ""]


def _known(value: object) -> object:
    return "not known" if value is None else value


def _shown(value: object) -> str:
    if value is None:
        return "missing"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
