"""Takes the posts of Alertmanager over HTTP, and says how it goes."""

import hmac
import ipaddress
import socket
import sys
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

from pydantic import Field, SecretStr

from .. import storage
from ..errors import ProjectError
from ..monitoring.outputs.retraining import render
from ..settings import Section
from . import messages
from .messages import Refused
from .worker import Worker

LARGEST = 1_048_576  # bytes of a post; an alert has about one thousand
DRAINED = 8 * LARGEST  # how much of a larger one is read and thrown away
TIMEOUT = 10.0  # seconds that a sender may be silent


class WebhookSettings(Section, table="webhook"):
    """Where alerts are posted to.

    `host`: this machine alone. Another one needs a token, as whoever can post can start a retraining.
    `token`: what Alertmanager sends as `Authorization: Bearer`. A secret: never in settings.toml, but in the
        environment (WEBHOOK__TOKEN), or in a file that `token_file` names.
    `pause_seconds`: between two decisions, so that a storm of alerts does not read the prediction log all the time.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=9109, ge=0, le=65_535)
    token: SecretStr = SecretStr("")
    token_file: str = ""
    pause_seconds: float = Field(default=10.0, ge=0)

    def secret(self) -> str:
        """Return the token, or nothing. Raises ProjectError when its file is missing or empty."""
        if not self.token_file:
            return self.token.get_secret_value()
        found = storage.read_bytes(self.token_file).decode(errors="replace").strip()
        if not found:
            raise ProjectError(f"{self.token_file} is empty: write a token into it, or unset [webhook] token_file.")
        return found


class Server(ThreadingHTTPServer):
    """A server for many senders at once, with the worker that they wake."""

    request_queue_size = 1024  # a storm of alerts is no reason to refuse a connection

    def __init__(self, address: tuple[str, int], worker: Worker, token: str) -> None:
        super().__init__(address, Handler)
        self.worker, self.token = worker, token
        self.answers: Counter[str] = Counter()
        self._counting = Lock()

    def count(self, status: int) -> None:
        """Count an answer."""
        with self._counting:
            self.answers[str(status)] += 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say in a line that a sender went away."""
        print(f"A request of {client_address[0]} was cut off: {sys.exc_info()[1]}", file=sys.stderr)


class Handler(BaseHTTPRequestHandler):
    """Answers POST /alerts at once, and GET /health and /metrics."""

    server: Server
    timeout = TIMEOUT

    def do_GET(self) -> None:
        """Answer /health and /metrics."""
        try:
            if self.path == "/health":
                alive = self.server.worker.alive()
                self._answer(200 if alive else 503, "ok" if alive else "The worker has ended: start the webhook again.")
            elif self.path == "/metrics":
                self._answer(200, render(self.server.answers).decode().rstrip())
            else:
                self._answer(404, "Post alerts to /alerts; look at /health and /metrics.")
        except ProjectError as error:  # the storage is away
            self._answer(503, str(error))

    def do_POST(self) -> None:
        """Hand alerts to the worker, and answer before it has done anything."""
        try:
            count = self.server.worker.post(messages.read(self._body()))
            status, sentence = 200, f"{count} alerts of a check fire."
        except Refused as refused:
            status, sentence = refused.status, str(refused)
        self.server.count(status)
        self._answer(status, sentence)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: each decision is told, and each answer counted."""

    def _body(self) -> bytes:
        body = self._read()
        if self.path != "/alerts":
            raise Refused(404, "Post alerts to /alerts.")
        given = self.headers.get("Authorization", "").encode()
        if self.server.token and not hmac.compare_digest(given, f"Bearer {self.server.token}".encode()):
            raise Refused(401, "The token is missing or wrong: give Alertmanager the one of this webhook.")
        return body

    def _read(self) -> bytes:
        """Read the body whatever the answer will be: one that comes while the sender still writes is lost."""
        given = self.headers.get("Content-Length", "")
        if not given.isdecimal():
            raise Refused(411, "A post needs the header Content-Length.")
        length = int(given)
        if length > LARGEST:
            left = min(length, DRAINED)
            while left > 0 and (chunk := self.rfile.read(min(left, 65_536))):
                left -= len(chunk)
            raise Refused(413, f"A post may have {LARGEST:,} bytes, not {length:,}: set max_alerts in Alertmanager.")
        body = self.rfile.read(length)
        if len(body) < length:
            raise Refused(400, "The post ended early.")
        return body

    def _answer(self, status: int, sentence: str) -> None:
        body = f"{sentence}\n".encode()
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def listen(host: str, port: int, token: str, worker: Worker) -> Server:
    """Take a port; 0 takes a free one. Raises ProjectError when it is taken, or a token is missing."""
    try:
        addresses = {str(found[4][0]) for found in socket.getaddrinfo(host, port, socket.AF_INET)}
        if not token and not all(ipaddress.ip_address(address).is_loopback for address in addresses):
            raise ProjectError(
                f"The webhook listens on {host} only with a token, as others could start retrainings: set "
                "WEBHOOK__TOKEN, or use --host 127.0.0.1."
            )
        return Server((host, port), worker, token)
    except OSError as error:
        raise ProjectError(
            f"Port {port} of {host} cannot be used ({error.strerror}): stop what uses it or give another --port."
        ) from error
