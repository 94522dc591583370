"""Print what the last steps gave, as Markdown: figures, the verdict, monitoring, releases."""

from collections.abc import Sequence

import click
import msgspec

from .. import release, storage
from ..stages import STAGES


class Evaluation(msgspec.Struct, frozen=True):
    """What the summary shows of `evaluation/metrics.json`. AUC is value, low, high."""

    run_id: str
    data_version: str
    rows: int
    metrics: dict[str, float]
    auc: tuple[float, float, float]
    baseline_auc: tuple[float, float, float]


class Comparison(msgspec.Struct, frozen=True):
    """One comparison of the gate."""

    check: str
    passed: bool
    sentence: str


class Verdict(msgspec.Struct, frozen=True):
    """What the summary shows of `gate/verdict.json`."""

    open: bool
    run_id: str
    sentence: str
    checks: list[Comparison]


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
    sections = (_evaluation(), _verdict(), _checks(), _releases())
    click.echo("\n\n".join("\n".join(lines) for lines in sections if lines) or "Nothing ran yet.")


def _evaluation() -> list[str]:
    url = storage.url("evaluation", "metrics.json")
    if not storage.exists(url):
        return []
    found = storage.read_json(url, Evaluation)
    figures = [
        ("auc", "{:.4f} ({:.4f} to {:.4f})".format(*found.auc)),
        ("auc of the simpler model", "{:.4f} ({:.4f} to {:.4f})".format(*found.baseline_auc)),
        *((name, f"{value:.4f}") for name, value in found.metrics.items() if name != "auc"),
    ]
    return [
        "### Evaluation",
        "",
        f"Run `{found.run_id}` on {found.rows:,} test rows of data version `{found.data_version[:12]}`.",
        "",
        *_table(("figure", "value"), [(name.replace("_", " "), value) for name, value in figures]),
    ]


def _verdict() -> list[str]:
    url = storage.url("gate", "verdict.json")
    if not storage.exists(url):
        return []
    found = storage.read_json(url, Verdict)
    rows = [("passed" if one.passed else "**lost**", one.check, one.sentence) for one in found.checks]
    return [
        f"### Gate: {'open' if found.open else 'closed'}",
        "",
        f"Run `{found.run_id}`: {found.sentence}",
        "",
        *_table(("", "check", "what it found"), sorted(rows, key=lambda row: row[0] == "passed")),
    ]


def _checks() -> list[str]:
    url = storage.url("monitoring", "checks.json")
    if not storage.exists(url):
        return []
    found = storage.read_json(url, Checks)
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


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    lines = [head, tuple("---" for _ in head), *rows]
    cells = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return [f"| {' | '.join(line)} |" for line in cells]
