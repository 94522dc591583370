"""The whole test table: absolute floors, and the champion must not be better by more than a margin."""

import numpy as np

from .. import metrics
from . import Case, Result


def check(case: Case) -> list[Result]:
    """Hold the challenger against the floors and, where there is one, the champion."""
    settings = case.settings
    cases = int(min(case.target.sum(), len(case.target) - case.target.sum()))
    auc = metrics.auc(case.target, case.challenger).value
    skill = metrics.brier_skill(case.target, case.challenger)
    results = [
        Result(
            check="whole",
            subject="test rows",
            value=cases,
            threshold=settings.minimum_cases,
            passed=cases >= settings.minimum_cases,
            sentence=f"The test table has {cases} rows of its smaller class; {settings.minimum_cases} are needed.",
        ),
        Result(
            check="whole",
            subject="AUC",
            value=auc,
            threshold=settings.minimum_auc,
            passed=auc >= settings.minimum_auc,
            sentence=f"The challenger's AUC is {auc:.4f}; at least {settings.minimum_auc} is needed.",
        ),
        Result(
            check="whole",
            subject="Brier skill",
            value=skill,
            threshold=settings.minimum_brier_skill,
            passed=skill > settings.minimum_brier_skill,
            sentence=f"The challenger's probabilities have {skill:.1%} less squared error than the "
            "base rate; "
            f"more than {settings.minimum_brier_skill:.1%} is needed.",
        ),
    ]
    if case.champion is not None:
        results.append(_against(case, case.champion))
    return results


def _against(case: Case, champion: metrics.Scores) -> Result:
    settings = case.settings
    difference = metrics.auc_difference(case.target, case.challenger, champion, settings.confidence)
    worse = difference.low <= -settings.margin
    hint = ""
    if worse and difference.value > -settings.margin:
        hint = " The rows are too few to rule that out: give more test rows, or widen the margin."
    return Result(
        check="whole",
        subject="champion",
        value=difference.low,
        threshold=-settings.margin,
        passed=bool(np.isfinite(difference.low)) and not worse,
        sentence=f"The challenger's AUC differs from the champion's by {difference.value:+.4f}, and "
        "with "
        f"{settings.confidence:.0%} confidence by no less than {difference.low:+.4f}; "
        f"it must be above {-settings.margin}.{hint}",
        details={
            "champion_auc": metrics.auc(case.target, champion).value,
            "difference": difference.value,
            "low": difference.low,
            "high": difference.high,
        },
    )
