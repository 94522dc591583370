"""Check live traffic again and again, and serve the findings to Prometheus."""

import click

from ..errors import ProjectError
from ..monitoring import exporter
from ..monitoring.run import look, read_window, window_names, write
from ..monitoring.settings import MonitoringSettings
from ..monitoring.window import Reference
from ..predictions.compaction import compact
from ..stopping import Stop


@click.command()
@click.option("--interval", type=click.FloatRange(min=0.1), help="Seconds between two looks.")
@click.option("--host", help="Address to serve /metrics on.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port of /metrics; 0 takes a free one.")
def command(interval: float | None, host: str | None, port: int | None) -> None:
    """Check live traffic again and again, and serve the findings to Prometheus."""
    settings = exporter.WatchSettings.load()
    server = exporter.start(host or settings.host, settings.port if port is None else port)
    click.echo(f"Metrics on http://{server.server_address[0]!s}:{server.server_port}/metrics")
    stop = Stop()
    while not stop:
        for work in (_look, compact):
            try:
                for sentence in work():
                    click.echo(sentence)
            except ProjectError as error:  # no model yet, storage away: say so, and look again
                click.echo(f"Error: {error}", err=True)
        stop.wait(interval or settings.interval_seconds)
    server.shutdown()


def _look() -> list[str]:
    reference = Reference.released()
    window = read_window(window_names()[0], reference, MonitoringSettings.load().window_rows)
    findings = look(window, reference)
    write(findings, window, reference)
    firing = [finding.check for finding in findings if finding.state == "firing"]
    return [f"Looked at {window.title}: {', '.join(firing) or 'no check'} firing"]
