"""What follows from the evidence: wait, go on, release, or take the challenger out."""

from statistics import NormalDist
from typing import Literal

import msgspec

from .plan import DeliverySettings, Plan

Action = Literal["hold", "advance", "release", "withdraw"]


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """What one model did in this step. What nothing is known of is None.

    `p99_ms`: milliseconds of CPU within which 99 of 100 rows were scored, and `p99_low_ms` the least that this can be
    with 95% confidence: a few slow rows of few are no proof. CPU time, as the two wait for it in different ways.
    `labelled`: predictions with a known outcome. `cost`: what its decisions cost per labelled row, by [decision];
    `variance` of that.
    """

    version: int
    rows: int
    p99_ms: float | None = None
    p99_low_ms: float | None = None
    mean_score: float | None = None
    labelled: int = 0
    cost: float | None = None
    variance: float | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured in a step.

    `psi`: between the scores of the two. `foreseen`: between the challenger's scores and those of its own evaluation.
    `failures`: what workers reported.
    """

    seconds: float
    champion: Side
    challenger: Side
    psi: float | None = None
    foreseen: float | None = None
    failures: tuple[str, ...] = ()


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit log."""

    at: str
    experiment: str
    version: int
    phase: str
    share: float
    action: Action
    sentence: str
    evidence: Evidence


def decide(plan: Plan, evidence: Evidence, settings: DeliverySettings) -> tuple[Action, str]:
    """Return what follows, and why, in one sentence. What speaks against the challenger comes first."""
    against = _against(plan, evidence, settings)
    if against:
        return "withdraw", against
    step, found = plan.step, evidence.challenger
    if step.phase == "ab":
        return _tested(plan, evidence, settings)
    if found.rows < step.rows:
        return _wait(evidence, settings, f"{found.rows} of {step.rows} predictions of version {found.version} so far.")
    if evidence.seconds < settings.minimum_seconds:
        rest = settings.minimum_seconds - evidence.seconds
        return "hold", f"Nothing speaks against version {found.version}; this step lasts {rest:.0f} s more."
    share = "in shadow" if step.phase == "shadow" else f"with {step.share:.0%} of the requests"
    proved = f"Version {found.version} held {share}: {found.rows:,} predictions{_figures(evidence)}."
    if plan.last:
        return "release", proved
    return "advance", proved


def sample_size(cost: float, largest: float, effect: float, confidence: float, power: float) -> int:
    """Labelled rows of each side of an A/B test that show a relative change `effect` of the cost per row.

    Two-sided comparison of two means (Cohen, "Statistical Power Analysis", 1988). Costs lie from 0 to `largest`, so
    their variance is at most largest * cost - cost**2 (Bhatia and Davis, 2000): the size is never too small.
    """
    variance = max(largest * cost - cost**2, 1e-9)
    normal = NormalDist()
    z = normal.inv_cdf((1 + confidence) / 2) + normal.inv_cdf(power)
    return int(2 * variance * (z / max(effect * cost, 1e-9)) ** 2) + 1


def _against(plan: Plan, evidence: Evidence, settings: DeliverySettings) -> str:
    version = evidence.challenger.version
    if evidence.failures:
        return f"Version {version} failed and was taken out: {evidence.failures[0]}"
    for objection in (_slow(evidence, settings), _elsewhere(evidence, settings)):
        if objection:
            return objection
    if plan.step.phase == "ab":
        return ""  # its outcome is looked at once, when the sample is complete
    difference = _costlier(evidence, settings)
    if difference is not None and difference[0] > 0:
        low, mean = difference
        return (
            f"Version {version} decides worse: {mean:.4f} more cost per row than version "
            f"{evidence.champion.version}, at least {low:.4f} with {settings.confidence:.0%} confidence."
        )
    return ""


def _slow(evidence: Evidence, settings: DeliverySettings) -> str:
    ours, theirs = evidence.challenger, evidence.champion
    if ours.p99_low_ms is None or theirs.p99_ms is None:
        return ""
    limit = max(theirs.p99_ms * settings.latency_ratio, theirs.p99_ms + settings.latency_ms)
    if ours.p99_low_ms <= limit:
        return ""
    return (
        f"Version {ours.version} is slow: one row in a hundred takes over {ours.p99_low_ms:.2f} ms of CPU, and "
        f"{theirs.p99_ms:.2f} ms with version {theirs.version}; {limit:.2f} ms are allowed."
    )


def _elsewhere(evidence: Evidence, settings: DeliverySettings) -> str:
    """Scores far from the champion's are a reason only when the challenger's evaluation does not show them too."""
    if evidence.psi is None or evidence.foreseen is None:
        return ""
    if evidence.psi <= settings.psi or evidence.foreseen <= settings.psi:
        return ""
    return (
        f"Version {evidence.challenger.version} scores otherwise than version {evidence.champion.version} (PSI "
        f"{evidence.psi:.2f}), and otherwise than in its own evaluation (PSI {evidence.foreseen:.2f}); "
        f"{settings.psi:g} is allowed."
    )


def _costlier(evidence: Evidence, settings: DeliverySettings) -> tuple[float, float] | None:
    """Cost per row of the challenger less that of the champion: lower bound and mean (Welch). None when unknown."""
    ours, theirs = evidence.challenger, evidence.champion
    if min(ours.labelled, theirs.labelled) < settings.minimum_labels:
        return None
    assert None not in (ours.cost, theirs.cost, ours.variance, theirs.variance)  # noqa: S101  labels are known
    mean, spread = _difference(ours, theirs)
    return mean - NormalDist().inv_cdf(settings.confidence) * spread, mean


def _tested(plan: Plan, evidence: Evidence, settings: DeliverySettings) -> tuple[Action, str]:
    """The end of an A/B test: the challenger is released when it costs less, beyond chance. Looked at once."""
    ours, theirs, rows = evidence.challenger, evidence.champion, plan.step.rows
    known = min(ours.labelled, theirs.labelled)
    if known < rows:
        return _wait(evidence, settings, f"{known:,} of {rows:,} outcomes of each side are known.")
    mean, spread = _difference(ours, theirs)
    half = NormalDist().inv_cdf((1 + settings.confidence) / 2) * spread
    said = (
        f"Experiment {plan.experiment}: version {ours.version} costs {mean:+.4f} per row ({mean - half:+.4f} to "
        f"{mean + half:+.4f}) beside version {theirs.version}, on {ours.labelled:,} and {theirs.labelled:,} outcomes"
    )
    if mean + half < 0:
        return "release", f"{said}: it is better."
    return "withdraw", f"{said}: it is not shown to be better."


def _difference(ours: Side, theirs: Side) -> tuple[float, float]:
    """Mean difference of cost per labelled row, and its standard error."""
    mean = (ours.cost or 0.0) - (theirs.cost or 0.0)
    return mean, ((ours.variance or 0.0) / ours.labelled + (theirs.variance or 0.0) / theirs.labelled) ** 0.5


def _wait(evidence: Evidence, settings: DeliverySettings, sentence: str) -> tuple[Action, str]:
    if evidence.seconds > settings.give_up_hours * 3600:
        return "withdraw", f"Not enough evidence in {settings.give_up_hours:g} hours: {sentence}"
    return "hold", sentence


def _figures(evidence: Evidence) -> str:
    ours, theirs = evidence.challenger, evidence.champion
    parts = []
    if ours.p99_ms is not None and theirs.p99_ms is not None:
        parts.append(f"p99 {ours.p99_ms:.2f} ms of CPU beside {theirs.p99_ms:.2f}")
    if evidence.psi is not None:
        parts.append(f"PSI between the two {evidence.psi:.2f}")
    if ours.cost is not None and theirs.cost is not None:
        parts.append(f"cost per row {ours.cost:.3f} beside {theirs.cost:.3f}")
    return f", {', '.join(parts)}" if parts else ""
