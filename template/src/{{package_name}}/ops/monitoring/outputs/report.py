"""The report for people: one HTML file that needs nothing else."""

import itertools

import numpy as np
from numpy.typing import NDArray

from ... import storage
from ...profile import CategoricalProfile, ColumnProfile
from .. import bins, page
from ..findings import Finding, Measure
from ..window import Reference, Window

LIVE = False
ORDER = ("firing", "unknown", "ok")


def write(findings: list[Finding], window: Window, reference: Reference) -> str:
    """Write monitoring/report.html."""
    url = storage.url("monitoring", "report.html")
    storage.write_bytes(url, render(findings, window, reference).encode())
    return url


def render(findings: list[Finding], window: Window, reference: Reference) -> str:
    """Return the report as HTML."""
    plots = _plots(window, reference) if len(window) else {}
    manifest = reference.model.manifest
    ordered = sorted(findings, key=lambda finding: ORDER.index(finding.state))
    body = [page.summary(finding) for finding in ordered]
    for finding in ordered:
        if finding.measures:
            body.append(page.section(finding, _rows(finding, plots)))
    return page.document(
        f"Drift and quality of {manifest.name}",
        f"{window.title}, against the {reference.profile.rows:,} rows in the profile of version "
        f"{reference.version}, trained {manifest.trained_at[:16].replace('T', ' ')}.",
        body,
    )


def _rows(finding: Finding, plots: dict[str, str]) -> list[tuple[Measure, str]]:
    ordered = sorted(finding.measures, key=lambda m: (not m.firing, m.limit - m.value))
    return [(measure, plots.get(measure.subject, "")) for measure in ordered]


def _plots(window: Window, reference: Reference) -> dict[str, str]:
    """Draw each column: shares of its bins at release and now."""
    counted = window.counts(bins.features, reference).columns
    plots = {column.name: _plot(column, rows) for column, rows in zip(reference.profile.features, counted, strict=True)}
    if window.scored:
        plots["score"] = _plot(reference.profile.score, *window.counts(bins.scores, reference).columns)
    return plots


def _plot(column: ColumnProfile, counts: NDArray[np.int64]) -> str:
    now = counts / max(int(counts.sum()), 1)
    if isinstance(column, CategoricalProfile):
        labels = list(column.categories)
    else:
        edges = [_short(edge) for edge in column.edges] or ["any"]
        inner = [f"{low} to {high}" for low, high in itertools.pairwise(edges)]
        labels = [f"up to {edges[0]}", *inner, f"above {edges[-1]}"][: len(now) - 1]
    then = list(column.shares)
    if then[-1] or now[-1]:
        return page.bars([*labels, "missing"], then, now.tolist())
    return page.bars(labels, then[:-1], now[:-1].tolist())


def _short(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 1_000 else f"{number:.3g}"
