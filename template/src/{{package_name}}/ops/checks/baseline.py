"""The simpler model: where it wins, the complicated one is not worth its price."""

import numpy as np

from .. import metrics
from . import Case, Result


def check(case: Case) -> list[Result]:
    """Hold the challenger against the baseline of model.py, fitted on the same rows."""
    needed = case.settings.baseline_gain
    gain = metrics.auc_difference(case.target, case.challenger, case.baseline, case.settings.confidence)
    return [
        Result(
            check="baseline",
            subject="simpler model",
            value=gain.high,
            threshold=needed,
            passed=bool(np.isfinite(gain.high)) and gain.high >= needed,
            sentence=f"The challenger's AUC is {gain.value:+.4f} over the simpler model's, with "
            f"{case.settings.confidence:.0%} confidence at most {gain.high:+.4f}; {needed:+} must "
            "be within reach.",
            details={
                "baseline_auc": metrics.auc(case.target, case.baseline).value,
                "gain": gain.value,
                "low": gain.low,
            },
        )
    ]
