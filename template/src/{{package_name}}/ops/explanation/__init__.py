"""Explains the candidate: which features move its scores, how, and for whom."""

from collections.abc import Sequence

import msgspec
import numpy as np
import polars as pl
from pydantic import Field

from .. import bundle, evaluation, storage, tables
from ..bundle import Bundle, Sample
from ..settings import Section
from . import page
from .contributions import Contributions, Floats, Matrix, explain
from .findings import Explanation, Words, features, gaps

JSON, HTML = "explanation.json", "explanation.html"
SHOWN = 3  # features in the model card


class ExplanationSettings(Section, table="explanation"):
    """How much is explained. The first ranks settle at some hundred rows; more only take longer."""

    rows: int = Field(400, ge=0)
    """Test rows that are explained; 0 explains nothing."""
    reference_rows: int = Field(40, ge=1)
    """Test rows that they are compared with."""


def write(candidate: Bundle) -> tuple[list[str], str]:
    """Explain the candidate on the test table; return the names of the files and the paragraph for the model card."""
    settings = ExplanationSettings.load()
    for name in (JSON, HTML):
        storage.remove(evaluation.url(name))  # the one of another model must not stay beside this evaluation
    if not settings.rows:
        return [], ""
    frame = tables.test()
    drawn = np.random.default_rng(candidate.manifest.seed).permutation(len(frame))
    chosen, reference = drawn[: settings.rows], drawn[-settings.reference_rows :]
    matrix = tables.matrix(frame, candidate.encoder)
    found = explain(candidate, matrix[chosen], matrix[reference], candidate.manifest.seed)
    chosen = chosen[: len(found.values)]
    explanation = _explanation(candidate, frame[chosen.tolist()], matrix[chosen], found)
    cases, parts = _cases(candidate, matrix[reference])
    storage.write_json(evaluation.url(JSON), explanation)
    html = page.render(candidate.manifest, explanation, matrix[chosen], found.values, cases, parts)
    storage.write_bytes(evaluation.url(HTML), html.encode())
    return [JSON, HTML], said(explanation)


def find(run_id: str) -> Explanation | None:
    """Return the explanation of a run, or None where there is none."""
    found = storage.find_json(evaluation.url(JSON), Explanation)
    return found if found is not None and found.run_id == run_id else None


def said(explanation: Explanation) -> str:
    """The explanation in a paragraph."""
    first = "; ".join(
        f"`{feature.name}` ({feature.share:.0%} of all movement{f', {feature.tells}' if feature.tells else ''})"
        for feature in explanation.features[:SHOWN]
    )
    return (
        f"What moves its scores most, by {explanation.method} on {explanation.rows:,} test rows: {first}. "
        "That is how the model reckons, not what causes what; explanation.html of the evaluation has the rest."
    )


def _explanation(candidate: Bundle, frame: pl.DataFrame, matrix: Matrix, found: Contributions) -> Explanation:
    manifest = candidate.manifest
    return Explanation(
        run_id=manifest.run_id,
        method=found.method,
        rows=len(matrix),
        reference_rows=found.reference_rows,
        base=round(found.base, 6),
        features=features(Words(manifest), matrix, found.values),
        gaps=gaps(manifest, frame, found.values),
    )


def _cases(candidate: Bundle, reference: Matrix) -> tuple[Matrix, Floats]:
    """Explain three of the bundle's sample rows: lowest score, nearest to the threshold, highest. None is a person."""
    sample = msgspec.json.decode(candidate.files[bundle.SAMPLE], type=Sample)
    matrix = candidate.encoder.matrix(bundle.columns(sample.rows, candidate.manifest.schema))
    scores = candidate.score(matrix)
    nearest = int(np.argmin(np.abs(scores - candidate.manifest.threshold)))
    chosen: Sequence[int] = sorted({int(np.argmin(scores)), nearest, int(np.argmax(scores))}, key=lambda at: scores[at])
    rows = matrix[list(chosen)]
    return rows, explain(candidate, rows, reference, candidate.manifest.seed).values
