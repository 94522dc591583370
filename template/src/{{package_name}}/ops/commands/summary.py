"""Print what the last steps gave, as Markdown: figures, the verdict, monitoring, releases."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import click
import msgspec

from .. import release, storage
from ..stages import STAGES

Kind = TypeVar("Kind")

LOW_IS_GOOD = {"brier", "log_loss", "calibration_error", "false_positive_rate", "cost_per_row"}
SLICES = 5  # those that lost most; the gate judges each


class Evaluation(msgspec.Struct, frozen=True):
    """What the summary shows of `evaluation/metrics.json`. AUC is value, low, high; `baseline` the simpler model."""

    run_id: str
    data_version: str
    rows: int
    metrics: dict[str, float]
    auc: tuple[float, float, float]
    baseline_auc: tuple[float, float, float]
    baseline: dict[str, float] = {}


class Comparison(msgspec.Struct, frozen=True):
    """One comparison of the gate."""

    check: str
    passed: bool
    sentence: str
    subject: str = ""
    details: dict[str, Any] = {}
    advice: list[str] = []


class Verdict(msgspec.Struct, frozen=True):
    """What the summary shows of `gate/verdict.json`."""

    open: bool
    run_id: str
    sentence: str
    checks: list[Comparison]
    champion: int | None = None
    champion_metrics: dict[str, float] = {}


class Finding(msgspec.Struct, frozen=True):
    """One finding of monitoring."""

    check: str
    state: str
    sentence: str


class Checks(msgspec.Struct, frozen=True):
    """What the summary shows of `monitoring/checks.json`."""

    at: str
    version: int
    findings: list[Finding]


@click.command()
def command() -> None:
    """Print what the last steps gave, as Markdown, for people who look at a run of CI."""
    verdict = _read("gate/verdict.json", Verdict)
    sections = (_verdict(verdict), _evaluation(verdict), _slices(verdict), _checks(), _releases())
    click.echo("\n\n".join("\n".join(lines) for lines in sections if lines) or "Nothing ran yet.")


def _verdict(found: Verdict | None) -> list[str]:
    if found is None:
        return []
    rows = [("passed" if one.passed else "**lost**", one.check, one.sentence) for one in found.checks]
    advice = [f"- {sentence}" for one in found.checks for sentence in one.advice]
    return [
        f"### Gate: {'open' if found.open else 'closed'}",
        "",
        f"Run `{found.run_id}`: {found.sentence}",
        "",
        *_table(("", "check", "what it found"), sorted(rows, key=lambda row: row[0] == "passed")),
        *(["", "What can be done:", "", *advice] if advice else []),
    ]


def _evaluation(verdict: Verdict | None) -> list[str]:
    found = _read("evaluation/metrics.json", Evaluation)
    if found is None:
        return []
    champion = verdict.champion_metrics if verdict is not None and verdict.run_id == found.run_id else {}
    columns = ["figure", "this model"]
    if champion and verdict is not None:
        columns += [f"champion, version {verdict.champion}", "change"]
    columns += ["simpler model"]
    interval = "{:.4f} ({:.4f} to {:.4f})"
    rows = []
    for name, value in found.metrics.items():
        mine, simple = f"{value:.4f}", _figure(found.baseline, name)
        if name == "auc":
            mine, simple = interval.format(*found.auc), interval.format(*found.baseline_auc)
        beside = (_figure(champion, name), _change(name, value, champion)) if champion else ()
        rows.append((name.replace("_", " "), mine, *beside, simple))
    return [
        "### Evaluation",
        "",
        f"Run `{found.run_id}` on {found.rows:,} test rows of data version `{found.data_version[:12]}`.",
        "",
        *_table(tuple(columns), rows),
    ]


def _figure(figures: Mapping[str, float], name: str) -> str:
    return f"{figures[name]:.4f}" if name in figures else ""


def _change(name: str, value: float, champion: Mapping[str, float]) -> str:
    """Say how far a figure is from the champion's, and whether that is better; what rounds to nothing is neither."""
    if name not in champion:
        return ""
    change = round(value - champion[name], 4)
    if change == 0:
        return "0"
    return f"{change:+.4f}, {'better' if (change < 0) == (name in LOW_IS_GOOD) else 'worse'}"


def _slices(verdict: Verdict | None) -> list[str]:
    judged = [one for one in verdict.checks if one.check == "slices" and one.details] if verdict else []
    worse = sorted((one for one in judged if one.details["difference"] < 0), key=lambda one: one.details["difference"])
    if not worse:
        return []
    rows = [
        (one.subject, f"{one.details['rows']:,}", f"{one.details['difference']:+.4f}", "" if one.passed else "**lost**")
        for one in worse[:SLICES]
    ]
    return [
        f"### Slices with a lower AUC than the champion's: {len(worse)} of {len(judged)}",
        "",
        *_table(("slice", "rows", "change of AUC", "gate"), rows),
    ]


def _checks() -> list[str]:
    found = _read("monitoring/checks.json", Checks)
    if found is None:
        return []
    rows = [(one.state, one.check, one.sentence) for one in found.findings]
    firing = sum(state == "firing" for state, _, _ in rows)
    return [
        f"### Monitoring: {firing} firing",
        "",
        f"Version {found.version}, looked at {found.at}.",
        "",
        *_table(("state", "check", "what it found"), rows),
    ]


def _releases() -> list[str]:
    records = [(stage, release.current(stage)) for stage in STAGES]
    rows = [(stage, str(r.version), r.released_at, r.by, r.reason) for stage, r in records if r]
    if not rows:
        return []
    return ["### In service", "", *_table(("stage", "version", "since", "by", "reason"), rows)]


def _read(name: str, kind: type[Kind]) -> Kind | None:
    return storage.find_json(storage.url(name), kind)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    lines = [head, tuple("---" for _ in head), *rows]
    cells = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return [f"| {' | '.join(line)} |" for line in cells]
