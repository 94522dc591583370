"""Fairness: how often each group of a sensitive column gets the favourable decision, over all and when deserved."""

import math
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from .. import mitigation
from ..metrics import NORMAL
from ..settings import Section
from . import Case, Result

CURE = " The advice in the verdict and docs/fairness.md say what can be done."
NEAR_RATIO, NEAR_DIFFERENCE = 1.05, 0.8  # within this part of a limit, advice is given, too


class FairnessSettings(Section, table="fairness"):
    """Thresholds of the fairness check; docs/fairness.md says why they have these values."""

    favourable_decision: int = 0
    minimum_parity_ratio: float = 0.8
    maximum_opportunity_difference: float = 0.1
    minimum_group_rows: int = 100


class Group(msgspec.Struct, frozen=True):
    """One group: its rows, those that deserved the favourable decision, and the rates at which they got it."""

    rows: int
    deserving: int
    rate: float
    deserved_rate: float


def check(case: Case) -> list[Result]:
    """Hold the rates of each sensitive column against the thresholds."""
    settings = FairnessSettings.load()
    if not case.sensitive:
        sentence = "The schema names no sensitive column, so no group can be compared."
        return [_result("none", 1.0, settings.minimum_parity_ratio, True, sentence, {})]
    return [result for column in case.sensitive for result in _column(case, column, settings)]


def rates(target: NDArray[np.int8], decision: NDArray[np.bool_], favourable: int) -> Group:
    """Measure one group: `decision` says which rows are decided 1, `favourable` which decision is the good one."""
    good = decision == bool(favourable)
    deserving = target == favourable
    return Group(
        len(target),
        int(deserving.sum()),
        float(good.mean()) if len(good) else float("nan"),
        float(good[deserving].mean()) if deserving.any() else float("nan"),
    )


def _column(case: Case, column: str, settings: FairnessSettings) -> list[Result]:
    decision = case.challenger >= case.threshold
    groups = {
        category: rates(case.target[mask], decision[mask], settings.favourable_decision)
        for category, mask in case.parts(column)
    }
    judged = {name: group for name, group in groups.items() if group.deserving >= settings.minimum_group_rows}
    details = {name: msgspec.to_builtins(group) for name, group in groups.items()}
    if len(judged) < 2:
        sentence = (
            f"Of {column} fewer than two groups have {settings.minimum_group_rows} rows that "
            "deserved the "
            "favourable decision, so nothing can be compared."
        )
        result = _result(column, 1.0, settings.minimum_parity_ratio, True, sentence, details)
        return [msgspec.structs.replace(result, advice=_too_small(case, column, groups, judged, settings))]
    results = [
        _parity(case, column, judged, settings, details),
        _opportunity(case, column, judged, settings, details),
    ]
    near = [
        results[0].value < NEAR_RATIO * settings.minimum_parity_ratio,
        results[1].value > NEAR_DIFFERENCE * settings.maximum_opportunity_difference,
    ]
    failed = [not result.passed for result in results]
    if any(near):
        at = failed.index(True) if any(failed) else near.index(True)  # its effect on both measures is told together
        small = _too_small(case, column, groups, judged, settings)
        advice = [*_advice(case, column, judged, settings, any(failed)), *small]
        results[at] = msgspec.structs.replace(results[at], advice=advice)
    return results


def _advice(case: Case, column: str, judged: dict[str, Group], settings: FairnessSettings, closed: bool) -> list[str]:
    """Say what can be done; another model is trained to try only where the gate is closed."""
    return mitigation.advise(
        mitigation.Situation(
            column=column,
            target=case.target,
            scores=case.challenger,
            threshold=case.threshold,
            masks={name: mask for name, mask in case.parts(column) if name in judged},
            favourable=settings.favourable_decision,
            minimum_ratio=settings.minimum_parity_ratio,
            maximum_difference=settings.maximum_opportunity_difference,
            confidence=case.settings.confidence,
        ),
        case.candidate if closed else None,
    )


def _too_small(
    case: Case, column: str, groups: dict[str, Group], judged: dict[str, Group], settings: FairnessSettings
) -> list[str]:
    small = {name: group.deserving for name, group in groups.items() if name not in judged}
    if not small:
        return []
    good = (case.challenger >= case.threshold) == bool(settings.favourable_decision)
    deserving = case.target == settings.favourable_decision
    rate = float(good[deserving].mean()) if deserving.any() else 0.5
    allowed, confidence = settings.maximum_opportunity_difference, case.settings.confidence
    return [mitigation.too_small(column, small, settings.minimum_group_rows, rate, allowed, confidence)]


def _parity(
    case: Case, column: str, groups: dict[str, Group], settings: FairnessSettings, details: dict[str, Any]
) -> Result:
    low = min(groups, key=lambda name: groups[name].rate)
    high = max(groups, key=lambda name: groups[name].rate)
    ratio = groups[low].rate / max(groups[high].rate, 1e-12)
    chance = (
        NORMAL.inv_cdf(case.settings.confidence)
        * sum((1 - groups[name].rate) / max(groups[name].rate * groups[name].rows, 1e-12) for name in (low, high))
        ** 0.5
    )
    passed = ratio * math.exp(min(chance, 1.0)) >= settings.minimum_parity_ratio
    sentence = (
        f"By {column}, {low} gets the favourable decision in {groups[low].rate:.1%} of cases and "
        f"{high} in "
        f"{groups[high].rate:.1%}, a ratio of {ratio:.2f}; at least "
        f"{settings.minimum_parity_ratio}, give or take what chance explains, is needed."
    )
    return _result(
        f"{column}, demographic parity",
        ratio,
        settings.minimum_parity_ratio,
        passed,
        sentence + ("" if passed else CURE),
        details,
    )


def _opportunity(
    case: Case, column: str, groups: dict[str, Group], settings: FairnessSettings, details: dict[str, Any]
) -> Result:
    low = min(groups, key=lambda name: groups[name].deserved_rate)
    high = max(groups, key=lambda name: groups[name].deserved_rate)
    difference = groups[high].deserved_rate - groups[low].deserved_rate
    chance = (
        NORMAL.inv_cdf(case.settings.confidence)
        * sum(
            groups[name].deserved_rate * (1 - groups[name].deserved_rate) / groups[name].deserving
            for name in (low, high)
        )
        ** 0.5
    )
    passed = difference - chance <= settings.maximum_opportunity_difference
    sentence = (
        f"By {column}, of those who deserved the favourable decision {low} gets it in "
        f"{groups[low].deserved_rate:.1%} of cases and {high} in "
        f"{groups[high].deserved_rate:.1%}, a difference "
        f"of {difference:.3f}; at most {settings.maximum_opportunity_difference}, beside what "
        "chance explains, is allowed."
    )
    return _result(
        f"{column}, equal opportunity",
        difference,
        settings.maximum_opportunity_difference,
        passed,
        sentence + ("" if passed else CURE),
        details,
    )


def _result(
    subject: str,
    value: float,
    threshold: float,
    passed: bool,
    sentence: str,
    details: dict[str, Any],
) -> Result:
    return Result(
        check="fairness",
        subject=subject,
        value=value,
        threshold=threshold,
        passed=passed,
        sentence=sentence,
        details=details,
    )
