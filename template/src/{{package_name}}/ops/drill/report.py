"""The report of the drill: each act with what had to happen and how long it took, and the timeline of the day."""

from datetime import datetime
from html import escape
from pathlib import Path

from ..demo.scene import Act
from ..monitoring import page
from .stage import Event, Expected, Stage

COLOURS = {
    "drill": "var(--ink)",
    "alert": "var(--bad)",
    "trigger": "var(--wait)",
    "delivery": "var(--now)",
    "release": "var(--ok)",
}


def write(stage: Stage, failed: str) -> Path:
    """Write report.html into the drill's folder. `failed` says which expectation was not met, if one was not."""
    acts = stage.scene.acts
    total = sum(act.seconds for act in acts)
    lead = (
        f"{len(acts)} acts in {total:.0f} seconds; a minute of the rules is a second here. Alerts by {stage.alerting}. "
        f"All data is simulated. Logs are below {stage.root}/logs."
    )
    body = [_summary(acts, stage.expected, failed)]
    body += [_act(act, met) for act, met in zip(acts, stage.expected, strict=False)]
    body.append(_timeline(stage.timeline()))
    path = Path(stage.root, "report.html")
    path.write_text(page.document("The drill", lead, body), encoding="utf-8")
    return path


def _summary(acts: list[Act], expected: list[list[Expected]], failed: str) -> str:
    rows = []
    for number, (act, met) in enumerate(zip(acts, expected, strict=False), 1):
        state = page.tag("ok" if act.found else "firing").replace("quiet", "passed").replace("alert", "failed")
        rows.append(
            f'<tr><td>{number}. {escape(act.title)}</td><td>{state}</td><td class="number">{len(met)}</td>'
            f'<td class="number">{act.seconds:.1f} s</td></tr>'
        )
    why = f'<p style="margin-top:12px"><b>{escape(failed)}</b></p>' if failed else ""
    head = '<tr><th>Act</th><th></th><th class="number">Expectations met</th><th class="number">Took</th></tr>'
    return f"<article><table>{head}{''.join(rows)}</table>{why}</article>"


def _act(act: Act, met: list[Expected]) -> str:
    rows = "".join(
        f'<tr><td>{escape(each.what)}<div class="soft">{escape(each.found)}</div></td>'
        f'<td class="number">{f"{each.seconds:.1f} s" if each.seconds else ""}</td></tr>'
        for each in met
    )
    head = '<tr><th>What had to happen</th><th class="number">After</th></tr>'
    return f"<article><h2>{escape(act.title)}</h2><table>{head}{rows}</table></article>"


def _timeline(events: list[Event]) -> str:
    rows = "".join(
        f'<tr><td class="number">{datetime.fromtimestamp(event.at):%H:%M:%S}</td>'
        f'<td style="color:{COLOURS.get(event.who, "var(--soft)")};font-weight:600">{escape(event.who)}</td>'
        f"<td>{escape(event.what)}</td></tr>"
        for event in events
    )
    head = "<tr><th>Time</th><th>Who</th><th>What</th></tr>"
    return f"<article><h2>What happened</h2><table>{head}{rows}</table></article>"
