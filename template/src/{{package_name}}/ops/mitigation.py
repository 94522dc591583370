"""What can be done where groups are treated unequally: decided from the figures, with the measured effect of each.

Nothing here is applied: which of it is right, and lawful, is for people to say. docs/fairness.md explains each.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from . import metrics, tables
from .bundle import Bundle
from .costs import DecisionSettings
from .frameworks import framework
from .metrics import NORMAL, Scores, Target

STEPS = 199  # thresholds that are tried, at equal shares of the rows
POWER = 0.8  # with which a difference of the allowed size shall be found

Masks = Mapping[str, NDArray[np.bool_]]


class Situation(NamedTuple):
    """A sensitive column whose groups differ too much, or nearly. `masks` are the groups that are large enough."""

    column: str
    target: Target
    scores: Scores
    threshold: float
    masks: Masks
    favourable: int
    minimum_ratio: float
    maximum_difference: float
    confidence: float


class Outcome(NamedTuple):
    """What decisions give: the worst ratio of favourable rates, the largest gap among the deserving, cost per row."""

    ratio: float
    difference: float
    cost: float

    def __str__(self) -> str:
        return f"ratio {self.ratio:.2f}, difference {self.difference:.3f}, cost {self.cost:.3f} a row"


def advise(found: Situation, candidate: Bundle | None = None) -> list[str]:
    """Say what the figures point at, then what could be done. With the candidate, one more model is trained to try."""
    now = _outcome(found, found.scores, found.threshold)
    low, high = _extremes(found)
    said = [_labels(found, low, high), _measure(found, now), _ranking(found, low), _calibration(found, low)]
    if candidate is not None:
        said.append(_stand_ins(found, low, candidate.manifest.run_id))
    if not _keeps(found, now):
        said += [_common(found, now), _own(found, now)]
        if candidate is not None:
            said.append(_reweighed(found, candidate, now))
    return [sentence for sentence in said if sentence]


def too_small(column: str, rows: Mapping[str, int], minimum: int, rate: float, allowed: float, trust: float) -> str:
    """Say which groups are too small to judge, and how many deserving rows would show a difference of `allowed`.

    `rate` is how often the deserving get the favourable decision, `trust` the confidence of the gate.
    """
    z = NORMAL.inv_cdf(trust) + NORMAL.inv_cdf(POWER)
    needed = max(minimum, math.ceil(2 * rate * (1 - rate) * (z / allowed) ** 2))
    named = ", ".join(f"{name} ({count})" for name, count in rows.items())
    return (
        f"Too few rows of {column} to judge: {named}. About {needed:,} rows that deserve the favourable decision "
        f"would show a difference of {allowed}: test on more days, or join groups whose people are alike."
    )


def _extremes(found: Situation) -> tuple[str, str]:
    """The group that gets the favourable decision least often, and the one that gets it most often."""
    rates = {name: _rates(found, name, found.threshold)[0] for name in found.masks}
    return min(rates, key=lambda name: rates[name]), max(rates, key=lambda name: rates[name])


def _labels(found: Situation, low: str, high: str) -> str:
    shares = [found.target[found.masks[name]] == found.favourable for name in (low, high)]
    first, second = (float(share.mean()) for share in shares)
    error = math.sqrt(sum(share.mean() * (1 - share.mean()) / len(share) for share in shares))
    if second - first <= NORMAL.inv_cdf(found.confidence) * error:
        return ""
    return (
        f"The labels differ: {first:.1%} of {low} deserved the favourable decision, {second:.1%} of {high}. Ask "
        "first how the labels came about: a model repeats a bias in them, and no figure here can tell it from a true "
        "difference. If it is true, equal shares mean deciding differently on equal risk."
    )


def _measure(found: Situation, now: Outcome) -> str:
    if now.ratio >= found.minimum_ratio or now.difference > found.maximum_difference:
        return ""
    return (
        f"Those who deserve the favourable decision get it nearly alike (difference {now.difference:.3f}); what "
        "differs is how many are taken to deserve it. Say which of the two measures applies, and why."
    )


def _ranking(found: Situation, low: str) -> str:
    """A group that the model ranks worse: the difference of two AUC, each on rows of its own."""
    inside = found.masks[low]
    own = metrics.auc(found.target[inside], found.scores[inside], found.confidence)
    rest = metrics.auc(found.target[~inside], found.scores[~inside], found.confidence)
    if not own.high < rest.low:
        return ""
    return (
        f"The model ranks {low} worse than others (AUC {own.value:.3f}, {rest.value:.3f}): more rows of them, or "
        "features that tell them apart, mend that; a threshold does not."
    )


def _calibration(found: Situation, low: str) -> str:
    """A group whose scores miss what happened by more than others' do."""
    masks = (found.masks[low], ~found.masks[low])
    mean, others = (float(found.scores[mask].mean()) for mask in masks)
    share, elsewhere = (float(found.target[mask].mean()) for mask in masks)
    off = (mean - share) - (others - elsewhere)
    errors = (found.scores[mask] - found.target[mask] for mask in masks)
    if abs(off) <= NORMAL.inv_cdf(found.confidence) * math.sqrt(sum(error.var() / len(error) for error in errors)):
        return ""
    return (
        f"The scores of {low} are too {'high' if off > 0 else 'low'} beside others': {mean:.3f} on average where "
        f"{share:.3f} happened, {others:.3f} where {elsewhere:.3f} did. Look for a feature that means something else "
        "for them."
    )


def _stand_ins(found: Situation, low: str, run_id: str) -> str:
    from . import explanation  # half a second, which the check of live traffic need not wait for

    explained = explanation.find(run_id)
    for gap in explained.gaps if explained else []:
        if (gap.column, gap.group) == (found.column, low) and gap.parts:
            parts = ", ".join(f"{name} ({part:+.2f})" for name, part in gap.parts[:3])
            return (
                f"The scores of {low} differ from others' by {gap.gap:+.2f} log odds, most of it from {parts}: ask "
                "whether each means the same for all, and train without what only stands in for the group."
            )
    return ""


def _common(found: Situation, now: Outcome) -> str:
    tried = [(_outcome(found, found.scores, float(at)), float(at)) for at in _thresholds(found)]
    kept = [(outcome, at) for outcome, at in tried if _keeps(found, outcome)]
    if not kept:
        return "No other single threshold keeps both limits on these rows."
    outcome, at = min(kept, key=lambda pair: pair[0].cost)
    return (
        f"One other threshold for all, {at:.3f} instead of {found.threshold:.3f}, would give {outcome} (now {now}): "
        "change the costs in [decision] if that is what a wrong decision is worth."
    )


def _own(found: Situation, now: Outcome) -> str:
    """Move the threshold of each group that is behind, as little as the limits need, and leave the others'."""
    own, moved = np.full(len(found.scores), found.threshold), {}
    rates = [_rates(found, name, found.threshold) for name in found.masks]
    best, deserved = max(rate for rate, _ in rates), max(rate for _, rate in rates)
    for name, mask in found.masks.items():
        for at in sorted((found.threshold, *_thresholds(found)), key=lambda at: abs(at - found.threshold)):
            rate, deserved_rate = _rates(found, name, float(at))
            if rate >= found.minimum_ratio * best and deserved_rate >= deserved - found.maximum_difference:
                own[mask] = at
                if at != found.threshold:
                    moved[name] = at
                break
    if not moved:
        return ""
    words = ", ".join(f"{at:.3f} for {name}" for name, at in moved.items())
    return (
        f"A threshold by {found.column}, {words}, would give {_outcome(found, found.scores, own)} (now {now}), on the "
        "rows that it was chosen on. To decide by the group itself is unlawful in many places: ask a lawyer first."
    )


def _reweighed(found: Situation, candidate: Bundle, now: Outcome) -> str:
    """Train once more, labels and groups made independent (Kamiran and Calders 2012) by drawing rows so weighted."""
    from . import training  # a second, likewise

    frame, library, manifest = tables.train(), framework(), candidate.manifest
    target = tables.target(frame, manifest.schema)
    rows = pl.DataFrame({"group": frame[found.column], "label": target})
    share = pl.len().over("group") * pl.len().over("label") / pl.len().over("group", "label")
    weights = rows.select(share).to_series().to_numpy()
    drawn = np.random.default_rng(manifest.seed).choice(len(rows), len(rows), p=weights / weights.sum())
    matrix = tables.matrix(frame, candidate.encoder)[drawn]
    model = library.fit(training.build(manifest.parameters, candidate.encoder, manifest.seed), matrix, target[drawn])
    scores = library.predict(model, tables.matrix(tables.test(), candidate.encoder))
    outcome = _outcome(found, scores, found.threshold)
    auc, before = (metrics.auc(found.target, values).value for values in (scores, found.scores))
    return (
        f"Reweighing the training rows so that labels and {found.column} are independent was tried: {outcome} (now "
        f"{now}), AUC {auc:.3f} (now {before:.3f}): {'within' if _keeps(found, outcome) else 'not within'} the limits. "
        "Cost and AUC take the labels as they are."
    )


def _outcome(found: Situation, scores: Scores, threshold: float | Scores) -> Outcome:
    decided = scores >= threshold
    good, deserving = decided == bool(found.favourable), found.target == found.favourable
    rates = [float(good[mask].mean()) for mask in found.masks.values()]
    deserved = [float(good[mask & deserving].mean()) for mask in found.masks.values()]
    costs = DecisionSettings.load()
    wrong = costs.cost_false_positive * (decided & (found.target == 0)).sum()
    wrong += costs.cost_false_negative * (~decided & (found.target == 1)).sum()
    return Outcome(min(rates) / max(*rates, 1e-12), max(deserved) - min(deserved), float(wrong) / len(scores))


def _rates(found: Situation, group: str, threshold: float) -> tuple[float, float]:
    """How often a group gets the favourable decision: over all, and when deserved."""
    inside = found.masks[group]
    good = (found.scores[inside] >= threshold) == bool(found.favourable)
    return float(good.mean()), float(good[found.target[inside] == found.favourable].mean())


def _keeps(found: Situation, outcome: Outcome) -> bool:
    return outcome.ratio >= found.minimum_ratio and outcome.difference <= found.maximum_difference


def _thresholds(found: Situation) -> NDArray[Any]:
    return np.unique(np.quantile(found.scores, np.linspace(0, 1, STEPS + 2)[1:-1]))
