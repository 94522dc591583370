"""What the acts play on: the processes, the demo's scene, and expectations that are checked and timed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from .. import decisions
from ..delivery import audit
from ..demo.scene import Scene, free_port
from ..errors import ProjectError
from ..monitoring import alerts
from ..release import history
from ..stages import STAGES
from . import alerting
from .processes import Processes

NAMES = ("service", "watch", "webhook", "prometheus", "alertmanager")
PRODUCTION = STAGES[-1]


class Expected(msgspec.Struct, kw_only=True):
    """Something that had to happen, and after how many seconds it did."""

    what: str
    seconds: float
    found: str = ""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the timeline: Unix seconds, who did it, and what."""

    at: float
    who: str
    what: str


class Stage:
    """The drill's processes, its scene, and what happened."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.ports = {name: free_port() for name in NAMES}
        token = datetime.now(UTC).strftime("drill-%Y%m%d%H%M%S%f")
        environment = alerting.environment(root, self.ports, token)
        self.scene = Scene(root)
        self.scene.environment, self.scene.port = environment, self.ports["service"]
        self.processes = Processes(Path(root, "logs"), environment)
        self.events: list[Event] = []
        self.expected: list[list[Expected]] = []
        self.programs = alerting.programs()
        self._token = token
        self._evaluator: alerting.Evaluator | None = None

    @property
    def alerting(self) -> str:
        """Who turns findings into alerts."""
        return "Prometheus and Alertmanager" if self.programs else "the log of alerts, read each second"

    def start(self) -> None:
        """Start the service, what watches it, what decides, and what alerts."""
        self.processes.project("service", "serve")
        self.until("the service answers", lambda: bool(self.scene.ask("/health")), 40)
        for name in ("watch", "webhook"):
            self.processes.project(name, name)
        self.processes.project("deliver", "deliver", "--watch", "--interval", "0.5")
        folder = Path(self.root, "alerting")
        folder.mkdir()
        if self.programs:
            alerting.start_prometheus(self.processes, self.programs, folder, self.ports, self._token)
        else:
            url = f"http://127.0.0.1:{self.ports['webhook']}/alerts"
            self._evaluator = alerting.Evaluator(url, self._token, lambda said: self.note("evaluator", said))

    def end(self) -> None:
        """End everything that was started."""
        if self._evaluator is not None:
            self._evaluator.end()
        self.processes.end()

    def note(self, who: str, what: str) -> None:
        """Add a line to the timeline."""
        self.events.append(Event(at=time.time(), who=who, what=what))

    def until(self, what: str, happened: Callable[[], object], seconds: float) -> None:
        """Wait until something has happened, and note how long it took. Raises ProjectError when it does not."""
        started = time.monotonic()
        while True:
            try:
                found = happened()
            except OSError:  # the service is down, on purpose or not: the time limit tells
                found = None
            took = time.monotonic() - started
            if found:
                break
            self.processes.check()
            if took > seconds:
                raise ProjectError(f"Expected within {seconds:.0f} s, and it did not happen: {what}.")
            time.sleep(0.1)
        said = found if isinstance(found, str) else ""
        self.met(what, took, said)

    def met(self, what: str, took: float = 0.0, found: str = "") -> None:
        """Note an expectation that was met."""
        if self.expected:
            self.expected[-1].append(Expected(what=what, seconds=took, found=found))
        click.secho(f"   {took:6.1f} s  {what}{': ' if found else ''}{found}", fg="green")

    def insist(self, what: str, holds: bool, found: str = "") -> None:
        """Check something that must hold now. Raises ProjectError when it does not."""
        if not holds:
            raise ProjectError(f"Expected, and it is not so: {what}{': ' if found else ''}{found}.")
        self.met(what, found=found)

    def alert(self, *checks: str) -> str:
        """Return what the first active alert of some checks says."""
        active = alerts.active()
        return next((active[check].sentence for check in checks if check in active), "")

    def decided(self, action: str, since: int) -> str:
        """Return the newest decision of this kind of the trigger, of those after the first `since`."""
        found = [line for line in decisions.record()[since:] if line.action == action]
        return found[-1].sentence if found else ""

    def retrainings(self) -> int:
        """Count the retrainings that the trigger started."""
        return sum(line.outcome == "started" for line in decisions.record())

    def timeline(self) -> list[Event]:
        """Return all that happened, from the drill's own notes and from the records of the project, in order."""
        found = list(self.events)
        for alert in alerts.history():
            found.append(_event(alert.at, "alert", f"{alert.check} {alert.change}: {alert.sentence}"))
        for line in decisions.record():
            if line.action != "none":
                found.append(_event(line.at, "trigger", f"{line.action} {line.outcome}: {line.sentence}"))
        for decision in audit.history(PRODUCTION):
            found.append(_event(decision.at, "delivery", f"{decision.action}: {decision.sentence}"))
        for record in history(PRODUCTION):
            said = f"{record.action} of version {record.version}: {record.reason}"
            found.append(_event(record.released_at, "release", said))
        return sorted(found, key=lambda event: event.at)


def _event(at: str, who: str, what: str) -> Event:
    return Event(at=datetime.fromisoformat(at).timestamp(), who=who, what=what)
