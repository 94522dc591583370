"""The HTML of reports: a summary, tables of measures, and small plots drawn as SVG."""

from collections.abc import Sequence
from html import escape

from .findings import Finding, Measure, shown

STYLE = """
:root { --ink: #1c2530; --soft: #5d6b7a; --line: #e3e8ee; --paper: #fff; --ok: #1a7f4e; --bad: #c0362c;
  --wait: #8a6d1a; --then: #b6c2cf; --now: #2f6fde; }
* { box-sizing: border-box; }
body { margin: 0; background: #f4f6f9; color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 32px 20px 60px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 0 0 4px; }
p { margin: 0 0 10px; } .soft { color: var(--soft); }
article { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 16px 20px;
  margin: 14px 0; }
.verdict { display: grid; grid-template-columns: 92px 1fr; gap: 14px; align-items: start; margin: 8px 0;
  padding: 12px 20px; }
.verdict p { margin: 0; }
.tag { display: inline-block; border-radius: 20px; padding: 1px 11px; font-size: 13px; font-weight: 600; color: #fff;
  text-align: center; }
.ok { background: var(--ok); } .firing { background: var(--bad); } .unknown { background: var(--wait); }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
th { text-align: left; color: var(--soft); font-weight: 500; border-bottom: 1px solid var(--line); padding: 6px 8px; }
td { border-bottom: 1px solid var(--line); padding: 5px 8px; vertical-align: middle; }
tr:last-child td { border-bottom: 0; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th.number { text-align: right; }
tr.out td:first-child { font-weight: 600; color: var(--bad); }
.key i { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin: 0 5px 0 14px; }
svg { display: block; } svg text { font: 10px system-ui, sans-serif; fill: var(--soft); }
details summary { cursor: pointer; color: var(--soft); padding: 6px 8px; }
"""

WIDTH, HEIGHT = 340, 46  # of a plot, in pixels
NAMES = {"ok": "quiet", "firing": "alert", "unknown": "waiting"}


def document(title: str, lead: str, body: Sequence[str]) -> str:
    """Return a whole page."""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width">\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n'
        f'<h1>{escape(title)}</h1>\n<p class="soft">{escape(lead[:1].upper() + lead[1:])}</p>\n'
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def summary(finding: Finding) -> str:
    """Return the verdict of a check: one line, and the advice when it fires."""
    advice = f'<p class="soft">{escape(finding.advice)}</p>' if finding.advice else ""
    return (
        f'<article class="verdict">{tag(finding.state)}'
        f"<div><p><b>{escape(title(finding.check))}.</b> {escape(finding.sentence)}</p>{advice}</div></article>"
    )


def section(finding: Finding, rows: Sequence[tuple[Measure, str]]) -> str:
    """Return a table of measures with their plots; those far from their limit are folded away when there are many."""
    plotted = any(plot for _, plot in rows)
    key = (
        '<p class="soft key">Share of rows by value<i style="background:var(--then)"></i>at release'
        '<i style="background:var(--now)"></i>now</p>'
        if plotted
        else ""
    )
    shown = [row for row in rows if row[0].firing or plotted] or list(rows[:8])
    folded = [row for row in rows if row not in shown]
    rest = (
        f"<details><summary>{len(folded)} more, all within their limits</summary>{_table(folded, plotted)}</details>"
        if folded
        else ""
    )
    return f"<article><h2>{escape(title(finding.check))}</h2>{key}{_table(shown, plotted)}{rest}</article>"


def bars(labels: Sequence[str], then: Sequence[float], now: Sequence[float]) -> str:
    """Draw shares at release and now, side by side, as SVG; hovering over a bin names it."""
    top = max(*then, *now, 0.01)
    step = WIDTH / len(labels)
    shapes = []
    for position, (label, before, after) in enumerate(zip(labels, then, now, strict=True)):
        left = position * step
        hover = escape(f"{label}: {before:.1%} at release, {after:.1%} now")
        shapes.append(
            f"<g><title>{hover}</title>"
            + _bar(left + step * 0.08, step * 0.42, HEIGHT * before / top, "--then")
            + _bar(left + step * 0.5, step * 0.42, HEIGHT * after / top, "--now")
            + "</g>"
        )
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT + 13}" role="img" aria-label="at release against now">'
        + "".join(shapes)
        + f'<text x="0" y="{HEIGHT + 11}">{escape(labels[0])}</text>'
        + f'<text x="{WIDTH}" y="{HEIGHT + 11}" text-anchor="end">{escape(labels[-1])}</text></svg>'
    )


def tag(state: str) -> str:
    """Return a coloured word for a state."""
    return f'<span class="tag {state}">{NAMES[state]}</span>'


def title(name: str) -> str:
    """Turn `data_drift` into `Data drift`."""
    return name.replace("_", " ").capitalize()


def _bar(left: float, width: float, tall: float, colour: str) -> str:
    return (
        f'<rect x="{left:.1f}" y="{HEIGHT - tall:.1f}" width="{width:.1f}" height="{tall:.1f}" '
        f'style="fill:var({colour})"/>'
    )


def _table(rows: Sequence[tuple[Measure, str]], plotted: bool) -> str:
    head = '<tr><th>What</th><th class="number">Measured</th><th class="number">Limit</th>'
    head += "<th>At release and now</th></tr>" if plotted else "</tr>"
    lines = []
    for measure, plot in rows:
        cell = f"<td>{plot}</td>" if plotted else ""
        row = '<tr class="out">' if measure.firing else "<tr>"
        lines.append(
            f"{row}<td>{escape(measure.subject)}</td>"
            f'<td class="number">{shown(measure.value)}</td><td class="number">{shown(measure.limit)}</td>{cell}</tr>'
        )
    return f"<table>{head}{''.join(lines)}</table>"
