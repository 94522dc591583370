"""Measures the candidate on rows that no step was fitted on: on the whole, by slice, and beside the simpler model."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .. import model
from . import bundle, metrics, tables
from .bundle import Bundle
from .evaluation import Evaluation, Slice, figures
from .frameworks import framework
from .metrics import Estimate, Scores, Target

IMPORTANCE_ROWS = 4000  # importances settle to the third digit; more rows only take longer


def measure() -> tuple[Evaluation, pl.DataFrame]:
    """Score the test table with the candidate's ONNX model and with the baseline; return figures and scored rows."""
    candidate = bundle.load(bundle.candidate_url())
    schema, frame = candidate.manifest.schema, tables.test()
    matrix, target = tables.matrix(frame, candidate.encoder), tables.target(frame, schema)
    scored = frame.select(
        *(name for name in (schema.identifier, schema.time) if name),
        *dict.fromkeys((*schema.slices, *(column.name for column in schema.sensitive))),
        pl.Series("target", target),
        pl.Series("score", candidate.score(matrix).astype(np.float64)),
        pl.Series("baseline", _baseline(candidate, matrix)),
    )
    scores = scored["score"].to_numpy()
    events = frame[schema.time] if schema.time else None
    evaluation = Evaluation(
        run_id=candidate.manifest.run_id,
        data_version=candidate.manifest.data_version,
        rows=len(frame),
        positives=int(target.sum()),
        first_event=str(events.min()) if events is not None else "",
        last_event=str(events.max()) if events is not None else "",
        threshold=candidate.manifest.threshold,
        metrics=figures(target, scores, candidate.manifest.threshold),
        baseline=figures(target, scored["baseline"].to_numpy(), candidate.manifest.threshold),
        auc=metrics.auc(target, scores),
        baseline_auc=metrics.auc(target, scored["baseline"].to_numpy()),
        confusion=metrics.confusion(target, scores, candidate.manifest.threshold),
        calibration=metrics.calibration(target, scores),
        slices=_slices(scored, schema.slices, candidate.manifest.threshold),
        importance=_importance(candidate, matrix, target),
    )
    return evaluation, scored


def _baseline(candidate: Bundle, matrix: NDArray[np.float32]) -> Scores:
    library, learned = framework(), tables.train()
    fitted = library.fit(
        model.baseline(candidate.encoder, candidate.manifest.seed),
        tables.matrix(learned, candidate.encoder),
        tables.target(learned, candidate.manifest.schema),
    )
    return library.predict(fitted, matrix)


def _slices(scored: pl.DataFrame, names: tuple[str, ...], threshold: float) -> list[Slice]:
    found = []
    for name in names:
        for (category,), part in sorted(scored.group_by(name), key=lambda group: str(group[0][0])):
            target, scores = part["target"].to_numpy(), part["score"].to_numpy()
            counts = metrics.confusion(target, scores, threshold)
            positives = int(target.sum())
            found.append(
                Slice(
                    column=name,
                    category="missing" if category is None else str(category),
                    rows=len(part),
                    positives=positives,
                    auc=_known(metrics.auc(target, scores)),
                    recall=_known(metrics.proportion(counts["true_positives"], positives)),
                    false_positive_rate=_known(metrics.proportion(counts["false_positives"], len(part) - positives)),
                    mean_score=float(scores.mean()),
                )
            )
    return found


def _known(estimate: Estimate) -> Estimate | None:
    return None if np.isnan(estimate).any() else estimate


def _importance(candidate: Bundle, matrix: NDArray[np.float32], target: Target) -> list[tuple[str, float]]:
    """How much AUC is lost when a feature is shuffled, largest first (permutation importance)."""
    random = np.random.default_rng(candidate.manifest.seed)
    chosen = random.permutation(len(matrix))[:IMPORTANCE_ROWS]
    rows, labels = matrix[chosen], target[chosen]
    whole = metrics.auc(labels, candidate.score(rows).astype(np.float64)).value
    losses = []
    for position, name in enumerate(candidate.manifest.feature_names):
        shuffled = rows.copy()
        shuffled[:, position] = random.permutation(shuffled[:, position])
        loss = whole - metrics.auc(labels, candidate.score(shuffled).astype(np.float64)).value
        losses.append((name, round(loss, 6)))
    return sorted(losses, key=lambda pair: -pair[1])
