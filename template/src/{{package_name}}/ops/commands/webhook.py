"""Take alerts from Alertmanager, and start a retraining if one calls for it."""

import threading
from collections.abc import Collection

import click

from .. import retraining
from ..errors import ProjectError
from ..stopping import Stop
from ..trigger import Firing, TriggerSettings
from ..webhook.server import WebhookSettings, listen
from ..webhook.worker import Worker


@click.command()
@click.option("--host", help="Address to listen on; another than this machine's own needs a token.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on; 0 takes a free one.")
def command(host: str | None, port: int | None) -> None:
    """Take alerts from Alertmanager, and start a retraining if one calls for it.

    POST /alerts wakes the trigger; /health and /metrics say how it goes.
    """
    settings = WebhookSettings.load()
    TriggerSettings.load()  # a wrong setting is told now, not by the first alert

    def act(posted: Collection[Firing]) -> None:
        last = retraining.consider(click.echo, worker.stop.is_set, posted)
        if last.outcome not in ("", "started"):
            click.echo(f"{last.outcome}: {last.sentence}")

    worker = Worker(act, settings.pause_seconds, lambda sentence: click.echo(sentence, err=True))
    server = listen(host or settings.host, settings.port if port is None else port, settings.secret(), worker)
    stop = Stop()
    worker.start()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    click.echo(f"Alerts are taken at http://{server.server_address[0]!s}:{server.server_port}/alerts")
    while worker.alive() and not stop:
        stop.wait(1.0)
    server.shutdown()
    worker.end()
    if not stop:
        raise ProjectError("The worker ended, see above: the webhook must be started again.")
