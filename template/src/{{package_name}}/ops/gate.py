"""The gate between training and release: every check must pass, and what cannot be checked does not pass."""

import importlib
import math
import pkgutil
from collections.abc import Callable

import msgspec
import numpy as np

from . import bundle, checks, evaluation, storage, tables
from .bundle import Bundle
from .checks import Case, GateSettings, Result
from .errors import ProjectError
from .metrics import Scores
from .registry import CHAMPION, open_registry

Check = Callable[[Case], list[Result]]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate decided about one run, against which champion. It holds no clock: equal input, equal file."""

    open: bool
    run_id: str
    model_sha256: str
    champion: int | None
    data_version: str
    rows: int
    sentence: str
    checks: list[Result]
    champion_metrics: dict[str, float] = {}


def url() -> str:
    """Return where the verdict is kept."""
    return storage.url("gate", "verdict.json")


def judge() -> Verdict:
    """Run every check on the candidate. Raises ProjectError where the evidence itself is missing."""
    candidate = bundle.load(bundle.candidate_url())
    evaluation.read(candidate.manifest.run_id)
    champion, scores, threshold = _champion()
    case = _case(candidate, scores)
    results = [result for name, check in _checks() for result in _run(name, check, case)]
    failed = [result for result in results if not result.passed]
    sentence = failed[0].sentence if failed else _opened(champion, results)
    return Verdict(
        open=not failed,
        run_id=candidate.manifest.run_id,
        model_sha256=candidate.manifest.files[bundle.MODEL],
        champion=champion,
        data_version=candidate.manifest.data_version,
        rows=len(case.target),
        sentence=sentence,
        checks=results,
        champion_metrics={} if scores is None else evaluation.figures(case.target, scores, threshold),
    )


def _champion() -> tuple[int | None, Scores | None, float]:
    """Score the test table with the champion, and say from which score on it decides 1.

    A champion that cannot be scored is an error, not an absent one.
    """
    registry = open_registry()
    number = registry.alias(CHAMPION)
    if number is None:
        return None, None, 1.0
    try:
        champion = bundle.load(registry.fetch(number))
        scores = champion.score(tables.matrix(tables.test(), champion.own_encoder))
    except ProjectError as error:
        raise ProjectError(
            f"The champion, version {number}, cannot be compared with: {error} "
            "Nothing is released until that is mended, or a person promotes with --override."
        ) from error
    return number, scores.astype(np.float64), champion.manifest.threshold


def _case(candidate: Bundle, champion: Scores | None) -> Case:
    schema = candidate.manifest.schema
    scored = storage.read_table(evaluation.url("scores.parquet"))
    frame = tables.test()
    target = tables.target(frame, schema)
    fresh = candidate.score(tables.matrix(frame, candidate.encoder)).astype(np.float64)
    if len(scored) != len(frame) or not np.array_equal(scored["score"].to_numpy(), fresh):
        raise ProjectError("The evaluation is not of this candidate on this test table: evaluate it again.")
    return Case(
        rows=frame,
        target=target,
        challenger=fresh,
        baseline=scored["baseline"].to_numpy(),
        champion=champion,
        threshold=candidate.manifest.threshold,
        slices=schema.slices,
        sensitive=tuple(column.name for column in schema.sensitive),
        settings=GateSettings.load(),
        candidate=candidate,
    )


def _checks() -> list[tuple[str, Check]]:
    names = sorted(module.name for module in pkgutil.iter_modules(checks.__path__))
    return [(name, importlib.import_module(f"{checks.__name__}.{name}").check) for name in names]


def _run(name: str, check: Check, case: Case) -> list[Result]:
    """Run one check. No result, and a value that is no number, count as failed."""
    results = check(case) or [_failed(name, "The check gave no result.")]
    return [
        result
        if math.isfinite(result.value)
        else _failed(name, f"{result.subject} is not a number: look for NaN in the scores.")
        for result in results
    ]


def _failed(name: str, sentence: str) -> Result:
    return Result(check=name, subject=name, value=0.0, threshold=0.0, passed=False, sentence=sentence)


def _opened(champion: int | None, results: list[Result]) -> str:
    against = "there is no champion yet" if champion is None else f"champion {champion}"
    return f"All {len(results)} comparisons passed ({against})."
