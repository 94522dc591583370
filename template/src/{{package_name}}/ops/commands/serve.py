"""Serve the released model over HTTP; one that is promoted later is picked up without a restart."""

import os
import socket
import tempfile

import click
import uvicorn
from uvicorn.supervisors import Multiprocess

from ..errors import ProjectError
from ..serving.settings import ServingSettings

APP = f"{__package__.removesuffix('.commands')}.serving.app:create_app"
GRACE = 8  # seconds for open requests after SIGTERM; container engines kill after ten


@click.command()
@click.option("--host", help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", type=int, help="Port to listen on.")
@click.option("--stage", help="Stage whose released model is served.")
@click.option("--workers", type=int, help="Processes that share the port.")
def command(**options: str | int | None) -> None:
    """Serve the released model over HTTP. Options win over `[serving]` in settings.toml."""
    for name, value in options.items():
        if value is not None:  # by the environment, as workers are new processes
            os.environ[f"SERVING__{name.upper()}"] = str(value)
    settings = ServingSettings.load()
    listener = _listen(settings.host, settings.port)
    config = uvicorn.Config(
        APP,
        factory=True,
        workers=settings.workers,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nothing here asks where a request came from
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=GRACE,
    )
    if settings.workers == 1:
        uvicorn.Server(config).run(sockets=[listener])
        return
    with tempfile.TemporaryDirectory() as counts:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = counts
        Multiprocess(config, sockets=[listener]).run()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        raise ProjectError(
            f"Cannot listen on {host}:{port} ({error.strerror}): end what uses the port, "
            "or choose another one with --port."
        ) from error
    listener.set_inheritable(True)
    return listener
