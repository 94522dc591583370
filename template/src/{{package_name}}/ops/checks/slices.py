"""Slices: no group of rows may get a clearly worse model, even where the whole gets a better one."""

import numpy as np

from .. import metrics
from . import Case, Result


def check(case: Case) -> list[Result]:
    """Compare challenger and champion on each slice that holds enough rows of both classes."""
    if case.champion is None:
        return [_statement(case, "There is no champion yet, so no slice can have got worse.")]
    judged = [
        (f"{column} = {category}", mask)
        for column in case.slices
        for category, mask in case.parts(column)
        if _cases(case.target[mask]) >= case.settings.minimum_cases
    ]
    # Of twenty equal slices one looks worse by chance: each is judged with its share of the error (Bonferroni).
    confidence = 1 - (1 - case.settings.confidence) / max(len(judged), 1)
    results = [_compare(case, case.champion, subject, mask, confidence) for subject, mask in judged]
    return results or [_statement(case, f"No slice has {case.settings.minimum_cases} rows of both classes.")]


def _compare(
    case: Case,
    champion: metrics.Scores,
    subject: str,
    mask: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]",
    confidence: float,
) -> Result:
    difference = metrics.auc_difference(case.target[mask], case.challenger[mask], champion[mask], confidence)
    margin = case.settings.slice_margin
    return Result(
        check="slices",
        subject=subject,
        value=difference.high,
        threshold=-margin,
        passed=bool(np.isfinite(difference.high)) and difference.high >= -margin,
        sentence=f"On {subject} ({int(mask.sum()):,} rows) the challenger's AUC differs from the "
        "champion's by "
        f"{difference.value:+.4f}, and by no more than {difference.high:+.4f}; a slice is worse "
        f"below {-margin}.",
        details={"rows": int(mask.sum()), "difference": difference.value, "low": difference.low},
    )


def _cases(target: metrics.Target) -> int:
    return int(min(target.sum(), len(target) - target.sum()))


def _statement(case: Case, sentence: str) -> Result:
    return Result(
        check="slices",
        subject="none",
        value=0.0,
        threshold=-case.settings.slice_margin,
        passed=True,
        sentence=sentence,
    )
