"""How much each feature moves each score away from that of the reference rows: Shapley values, by shap.

Lundberg et al., "From local explanations to global understanding with explainable AI for trees", Nature Machine
Intelligence 2020. What is explained is the ONNX model, as that one answers requests.
"""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..bundle import Bundle
from ..errors import ProjectError
from . import trees

TOLERANCE = 1e-3  # in log odds; float32 sums over some hundred trees differ by about 1e-5
SLOW_ROWS, SLOW_REFERENCE = 100, 20  # without trees each row is scored 2 * features * reference rows times

Matrix = NDArray[np.float32]
Floats = NDArray[np.float64]


class Contributions(msgspec.Struct, frozen=True, kw_only=True):
    """Shapley values in log odds, (rows, features): `base` and a row's values sum to its score's log odds."""

    values: Floats
    base: float
    method: str
    reference_rows: int


def explain(bundle: Bundle, rows: Matrix, reference: Matrix, seed: int) -> Contributions:
    """Explain rows against reference rows. Models that are not boosted trees take longer, so fewer rows: the first.

    Raises ProjectError when the values do not sum to the scores.
    """
    model = trees.read(bundle.files["model.onnx"])
    found = _by_trees(model, rows, reference) if model else _by_scores(bundle, rows, reference, seed)
    explained = rows[: len(found.values)]
    gap = float(np.max(np.abs(found.values.sum(axis=1) + found.base - log_odds(bundle, explained)), initial=0.0))
    if not gap <= TOLERANCE:
        raise ProjectError(
            f"The explanation does not sum to the model's scores (off by up to {gap:.2g} in log odds): "
            "report it with the versions of shap and onnx in uv.lock, and go on with [explanation] rows = 0."
        )
    return found


def log_odds(bundle: Bundle, rows: NDArray[Any]) -> Floats:
    """Score a matrix (rows, features) in log odds."""
    scores = np.clip(bundle.score(np.ascontiguousarray(rows, np.float32)).astype(np.float64), 1e-7, 1 - 1e-7)
    odds: Floats = np.log(scores / (1 - scores))
    return odds


def _by_trees(model: dict[str, Any], rows: Matrix, reference: Matrix) -> Contributions:
    import shap  # half a second, which commands that do not explain need not wait for

    explainer = shap.TreeExplainer(model, data=reference, feature_perturbation="interventional")
    values = np.asarray(explainer.shap_values(rows, check_additivity=False))
    base = float(np.ravel(explainer.expected_value)[0])
    return Contributions(values=values, base=base, method="TreeSHAP", reference_rows=len(reference))


def _by_scores(bundle: Bundle, rows: Matrix, reference: Matrix, seed: int) -> Contributions:
    import shap

    rows, reference = rows[:SLOW_ROWS], reference[:SLOW_REFERENCE]
    masker = shap.maskers.Independent(reference, max_samples=len(reference))
    explainer = shap.PermutationExplainer(lambda matrix: log_odds(bundle, matrix), masker, seed=seed)
    found = explainer(rows, max_evals=2 * rows.shape[1] + 1, silent=True)
    base = float(np.mean(found.base_values))
    return Contributions(
        values=np.asarray(found.values), base=base, method="permutation SHAP", reference_rows=len(reference)
    )
