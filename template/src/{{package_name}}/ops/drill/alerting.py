"""Who turns findings into alerts: Prometheus and Alertmanager where they are installed, or else a few lines here.

The project's own rules and routes are used, in a compressed day: a minute of theirs is a second of the drill.
"""

import json
import os
import re
import shutil
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from ..errors import ProjectError
from ..monitoring import alerts
from ..plugins import PACKAGE
from .processes import Processes

RULES = Path("monitoring/prometheus/rules")
ROUTES = Path("monitoring/prometheus/alertmanager.yml")
WEBHOOK = "http://webhook:9109/alerts"  # where it is in the containers
TOKEN_FILE = "/run/secrets/webhook-token"  # noqa: S105  a path
DURATION = re.compile(r"\b(\d+)([mhd])\b")
SECOND = {"m": (1, "s"), "h": (1, "m"), "d": (24, "m")}


def programs() -> tuple[str, str] | None:
    """Return Prometheus and Alertmanager of this machine, or None when one is missing."""
    prometheus = shutil.which("prometheus")
    alertmanager = shutil.which("alertmanager") or shutil.which("prometheus-alertmanager")
    return (prometheus, alertmanager) if prometheus and alertmanager else None


def compress(text: str) -> str:
    """Make a minute of durations a second, and so an hour a minute: `for: 5m` becomes `for: 5s`."""

    def shorter(found: re.Match[str]) -> str:
        factor, unit = SECOND[found[2]]
        return f"{int(found[1]) * factor}{unit}"

    return DURATION.sub(shorter, text)


def start_prometheus(
    processes: Processes, found: tuple[str, str], folder: Path, ports: dict[str, int], token: str
) -> None:
    """Start both with the project's rules and routes. `ports` are those of all processes, by name."""
    prometheus, alertmanager = found
    shutil.copytree(RULES, folder / "rules")
    for path in (folder / "rules").glob("*.yml"):
        path.write_text(compress(path.read_text(encoding="utf-8")), encoding="utf-8")
    secret = folder / "token"
    secret.touch(0o600)
    secret.write_text(token, encoding="utf-8")
    routes = compress(ROUTES.read_text(encoding="utf-8")).replace("group_wait: 30s", "group_wait: 1s")
    routes = routes.replace(WEBHOOK, _url(ports["webhook"], "alerts")).replace(TOKEN_FILE, str(secret.absolute()))
    (folder / "alertmanager.yml").write_text(routes, encoding="utf-8")
    jobs = {"service": "service", "checks": "watch", "webhook": "webhook"}
    configuration = {  # JSON is YAML
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules/*.yml"],
        "alerting": {
            "alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{ports['alertmanager']}"]}]}],
        },
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{ports[name]}"]}]}
            for job, name in jobs.items()
        ],
    }
    (folder / "prometheus.yml").write_text(json.dumps(configuration, indent=2), encoding="utf-8")
    processes.start(
        "alertmanager",
        [
            alertmanager,
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{ports['alertmanager']}",
            "--cluster.listen-address=",
        ],
    )
    processes.start(
        "prometheus",
        [
            prometheus,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
        ],
    )


def firing(port: int) -> set[str]:
    """Return the names of the alerts that fire in a Prometheus."""
    with urllib.request.urlopen(_url(port, "api/v1/alerts"), timeout=5) as answer:  # noqa: S310  loopback
        found = json.load(answer)["data"]["alerts"]
    return {alert["labels"]["alertname"] for alert in found if alert["state"] == "firing"}


class Evaluator:
    """Stands in for the two: posts the alerts of the log to the webhook, each second, as Alertmanager does."""

    def __init__(self, url: str, token: str, say: Callable[[str], None]) -> None:
        self._request = urllib.request.Request(  # noqa: S310  loopback
            url, headers={"Authorization": f"Bearer {token}"}, method="POST"
        )
        self._say = say
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="evaluator", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop, and wait for the post of now."""
        self._stopped = True
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped:
            try:
                active = [_posted(alert) for alert in alerts.active().values()]
                if active:
                    self._request.data = json.dumps({"version": "4", "alerts": active}).encode()
                    with urllib.request.urlopen(self._request, timeout=5):  # noqa: S310  loopback
                        pass
            except (ProjectError, urllib.error.URLError, OSError) as error:  # an outage is part of the drill
                self._say(f"No alert was posted: {error}")
            time.sleep(1)


def _posted(alert: alerts.Alert) -> dict[str, object]:
    return {
        "status": "firing",
        "labels": {"alertname": alert.check, "check": alert.check},
        "startsAt": datetime.fromisoformat(alert.at).isoformat(),
        "fingerprint": f"{alert.check}-{alert.version}",
    }


def _url(port: int, path: str) -> str:
    return f"http://127.0.0.1:{port}/{path}"


def environment(root: str, ports: dict[str, int], token: str) -> dict[str, str]:
    """Return what every process of the drill is told: small windows and short waits, and nothing of thresholds."""
    project = [sys.executable, "-m", PACKAGE]
    # The steps run in one process: the orchestrator's own files name artifacts/, which is the user's.
    retrain = [*project, "retrain", "--reason", "alert", "--", *project, "pipeline"]
    kept_out = ("ARGS", "MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "MLFLOW_TRACKING_URI")
    inherited = {name: value for name, value in os.environ.items() if name not in kept_out}
    return inherited | {
        "STORAGE__ROOT": root,
        "SERVING__PORT": str(ports["service"]),
        "SERVING__POLL_SECONDS": "0.2",
        "SERVING__WORKERS": "2",
        "MONITORING__WINDOW_ROWS": "800",
        "WATCH__PORT": str(ports["watch"]),
        "WATCH__INTERVAL_SECONDS": "1",
        "WEBHOOK__PORT": str(ports["webhook"]),
        "WEBHOOK__PAUSE_SECONDS": "1",
        "WEBHOOK__TOKEN": token,
        "TRIGGER__COMMAND": json.dumps(retrain),
        "TRIGGER__COOLDOWN_HOURS": "0",
        "TRIGGER__PER_DAY": "100",
        "TRIGGER__MINUTES_PER_RUN": "5",
        "TRIGGER__MINUTES_PER_DAY": "1000",
        "TUNING__TRIALS": "3",
        "TUNING__ROWS": "6000",
        "DELIVERY__SHADOW_ROWS": "150",
        "DELIVERY__SHARES": "[0.2, 0.5]",
        "DELIVERY__MINIMUM_ROWS": "150",
        "DELIVERY__MINIMUM_SECONDS": "2",
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
    }
