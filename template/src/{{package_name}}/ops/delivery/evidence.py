"""What was measured in a step: read from the prediction log, which all workers of the service share."""

from datetime import UTC, datetime
from statistics import NormalDist

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from .. import bundle, storage
from ..bundle import Bundle
from ..columns import Schema
from ..costs import DecisionSettings
from ..monitoring.statistics import psi
from ..predictions import labels, reading
from ..predictions.store import Store
from ..profile import Profile, count
from .decision import Evidence, Side
from .plan import Plan, trips

FEW = 100  # rows below which a percentile or a distance says nothing

Scores = NDArray[np.float64]


def gather(stage: str, plan: Plan, now: float) -> Evidence:
    """Measure the step of now. Raises ProjectError when storage or a bundle is out of reach."""
    challenger = bundle.load(storage.url("serving", stage, plan.release.path))
    log = _log(stage, plan)
    log = log.join(_outcomes(challenger.manifest.schema, log), on="key", how="left", maintain_order="left")
    ours = log.filter(pl.col("model") == plan.release.version)
    theirs = log.filter(pl.col("model") == plan.champion)
    scores, others = ours["score"].to_numpy(), theirs["score"].to_numpy()
    champion = bundle.load(storage.url("serving", stage, "versions", str(plan.champion))).manifest
    return Evidence(
        seconds=now - plan.since,
        champion=_side(plan.champion, theirs, champion.threshold),
        challenger=_side(plan.release.version, ours, challenger.manifest.threshold),
        psi=_between(scores, others),
        foreseen=_foreseen(challenger, scores),
        failures=tuple(report.reason for report in trips(stage, plan.experiment)),
    )


def _log(stage: str, plan: Plan) -> pl.DataFrame:
    """The predictions of both models in this step, without their inputs."""
    begin, versions = datetime.fromtimestamp(plan.since, UTC), [plan.champion, plan.release.version]
    mine = (pl.col("at") >= begin) & pl.col("model").is_in(versions)
    columns = ("at", "model", "role", "score", "cpu_ms", "key")
    return reading.steadily(
        lambda: reading.predictions(Store(stage), begin.date()).filter(mine).select(columns).sort("at").collect()
    )


def _outcomes(schema: Schema, log: pl.DataFrame) -> pl.DataFrame:
    """Key and outcome of the cases that are known by now. Of several labels of a case the last counts."""
    empty = pl.DataFrame(schema={"key": pl.String, "outcome": pl.Int8})
    if schema.identifier is None or log["key"].is_null().all():
        return empty
    outcome = pl.col(schema.target).cast(pl.Int8).alias("outcome")
    return labels.latest(labels.load(schema)).select("key", outcome)


def _side(version: int, rows: pl.DataFrame, threshold: float) -> Side:
    costs = _costs(rows.filter(pl.col("outcome").is_not_null()).unique("key", keep="last"), threshold)
    took = np.sort(rows["cpu_ms"].drop_nulls().to_numpy())
    return Side(
        version=version,
        rows=len(rows),
        p99_ms=float(np.quantile(took, 0.99)) if len(took) >= FEW else None,
        p99_low_ms=float(took[_surely_below(len(took), 0.99)]) if len(took) >= FEW else None,
        mean_score=float(rows["score"].to_numpy().mean()) if len(rows) else None,
        labelled=len(costs),
        cost=float(costs.mean()) if len(costs) else None,
        variance=float(costs.var(ddof=1)) if len(costs) > 1 else None,
    )


def _surely_below(rows: int, share: float) -> int:
    """Position of the sorted value that lies below the quantile `share` with 95% confidence (normal approximation)."""
    return max(int(rows * share - NormalDist().inv_cdf(0.95) * (rows * share * (1 - share)) ** 0.5) - 1, 0)


def _costs(known: pl.DataFrame, threshold: float) -> Scores:
    """What each decision on a case with a known outcome cost, by [decision] of settings.toml."""
    settings = DecisionSettings.load()
    decision, outcome = known["score"].to_numpy() >= threshold, known["outcome"].to_numpy()
    costs: Scores = np.where(
        decision, settings.cost_false_positive * (outcome == 0), settings.cost_false_negative * (outcome == 1)
    )
    return costs


def _between(scores: Scores, others: Scores) -> float | None:
    """PSI of the challenger's scores against the champion's, in tenths of the latter."""
    if min(len(scores), len(others)) < FEW:
        return None
    edges = np.unique(np.quantile(others, np.linspace(0, 1, 11)[1:-1]))
    shares = np.bincount(np.searchsorted(edges, others), minlength=len(edges) + 1) / len(others)
    counts = np.bincount(np.searchsorted(edges, scores), minlength=len(edges) + 1).astype(np.float64)
    return psi(shares, counts, len(others))


def _foreseen(challenger: Bundle, scores: Scores) -> float | None:
    """PSI of the challenger's scores against those of its own evaluation, which its bundle holds."""
    if len(scores) < FEW:
        return None
    reference = msgspec.json.decode(challenger.files[bundle.PROFILE], type=Profile)
    column = reference.score
    shares = np.asarray(column.shares, np.float64)[:-1]
    counts = count(column, scores.astype(np.float32)).astype(np.float64)[:-1]
    filled = (shares > 0) | (counts > 0)
    return psi(shares[filled], counts[filled], reference.rows) if filled.sum() > 1 else 0.0
