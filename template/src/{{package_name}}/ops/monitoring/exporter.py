"""Serves the last findings to Prometheus."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .. import storage
from ..errors import ProjectError
from ..settings import Section


class WatchSettings(Section, table="watch"):
    """How often live traffic is looked at, and where Prometheus finds the result.

    `interval_seconds`: drift takes hours; a minute keeps the alert ahead of the reader, at a second of CPU.
    """

    interval_seconds: float = 60.0
    host: str = "127.0.0.1"
    port: int = 9108


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/health":
            self._answer(200, b"ok\n")
        elif self.path == "/metrics":
            self._metrics()
        else:
            self._answer(404, b"Look at /metrics.\n")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a scrape every few seconds is no news."""

    def _metrics(self) -> None:
        try:
            urls = storage.glob(storage.url("monitoring", "*.prom"))
            self._answer(200, b"".join(map(storage.read_bytes, urls)))
        except ProjectError as error:
            self._answer(503, f"{error}\n".encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def start(host: str, port: int) -> ThreadingHTTPServer:
    """Serve /metrics and /health from a thread. Port 0 takes a free one. Raises ProjectError when it is taken."""
    try:
        server = ThreadingHTTPServer((host, port), _Handler)
    except OSError as error:
        raise ProjectError(
            f"Port {port} of {host} cannot be used ({error.strerror}): stop what uses it or give another --port."
        ) from error
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
