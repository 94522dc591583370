"""The report of the demo: its acts on a line of time, with each command and what it said."""

from html import escape
from pathlib import Path

from ..monitoring import page
from .scene import Act, Scene

SHOWN = 14  # lines of a command; the end says how it went


def write(scene: Scene) -> Path:
    """Write report.html into the demo's storage root."""
    total = sum(act.seconds for act in scene.acts)
    lead = f"{len(scene.acts)} acts in {total:.0f} seconds. All data is simulated. Files are below {scene.root}."
    body = [_timeline(scene.acts, total), *map(_act, scene.acts)]
    path = Path(scene.root, "report.html")
    path.write_text(page.document("The demo, act by act", lead, body), encoding="utf-8")
    return path


def _timeline(acts: list[Act], total: float) -> str:
    rows = []
    before = 0.0
    for number, act in enumerate(acts, 1):
        left, width = 100 * before / total, max(100 * act.seconds / total, 0.5)
        rows.append(
            f'<tr><td>{number}. {escape(act.title)}</td><td class="number">{act.seconds:.1f} s</td>'
            f'<td style="width:45%"><div style="margin-left:{left:.1f}%;width:{width:.1f}%;height:14px;'
            'border-radius:3px;background:var(--now)"></div></td></tr>'
        )
        before += act.seconds
    return f"<article><table>{''.join(rows)}</table></article>"


def _act(act: Act) -> str:
    steps = []
    for step in act.steps:
        said = escape("\n".join(step.lines[-SHOWN:]))
        steps.append(
            f'<p style="margin:10px 0 2px"><code><b>$ {escape(step.words)}</b></code> '
            f'<span class="soft">{step.seconds:.1f} s</span></p>'
            f'<pre style="margin:0;white-space:pre-wrap;font-size:12.5px" class="soft">{said}</pre>'
        )
    found = f'<p style="margin-top:12px"><b>{escape(act.found)}</b></p>' if act.found else ""
    return f"<article><h2>{escape(act.title)}</h2>{''.join(steps)}{found}</article>"
