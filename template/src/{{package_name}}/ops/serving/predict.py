"""`POST /predict` as a plain ASGI endpoint, with msgspec in place of pydantic."""

import itertools
import logging
import secrets
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from .loading import Loader, Model
from .metrics import Metrics
from .routers import Router, Scored
from .sinks import Sink

logger = logging.getLogger("uvicorn.error")
encode = msgspec.json.Encoder().encode


class Prediction(msgspec.Struct, frozen=True, gc=False):
    """One answer: the probability of class 1, and 1 where it reaches the threshold."""

    id: str
    score: float
    decision: int
    model: int


class Failure(msgspec.Struct, frozen=True):
    """One sentence that says what is wrong."""

    error: str


class Predict:
    """Answers prediction requests with the model that the loader holds at that moment."""

    def __init__(self, loader: Loader, metrics: Metrics, sinks: Sequence[Sink], maximum_bytes: int) -> None:
        self._loader = loader
        self._metrics = metrics
        self._sinks = sinks
        self._maximum_bytes = maximum_bytes
        self.router: Router | None = None
        # Unique among processes and restarts, at a tenth of the cost of a UUID.
        self._process = secrets.token_hex(8)
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        message = await receive()
        body: bytes = message.get("body", b"")
        while message.get("more_body") and len(body) <= self._maximum_bytes:
            message = await receive()
            body += message.get("body", b"")
        if message["type"] == "http.disconnect":
            return
        started = time.perf_counter()
        try:
            status, content = await self._answer(body, started)
        except Exception:
            logger.exception("A prediction failed.")
            status, content = 500, encode(Failure("The model failed on this row: see the log."))
        self._metrics.latency(time.perf_counter() - started)
        self._metrics.count[str(status)]()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(content)),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _answer(self, body: bytes, started: float) -> tuple[int, bytes]:
        model = self._loader.model
        if model is None:
            return 503, encode(Failure(self._loader.absent))
        if len(body) > self._maximum_bytes:
            return 413, encode(Failure(f"The body is over {self._maximum_bytes} bytes: send fewer rows at once."))
        try:
            rows = model.requests.decode(body)
        except ValueError as error:  # also UnicodeDecodeError, which msgspec lets through
            return 422, encode(Failure(model.requests.sentence(error)))
        if self.router is not None and self.router.active:
            return 200, await self._routed(self.router, model, rows, body, started)
        if not isinstance(rows, list):
            scored = Scored(model, await model.scorer.gathered(rows))
            return 200, encode(self._record(self._name(), rows, scored, started, body))
        scores = await model.scorer.scores(rows)
        return 200, encode(
            [
                self._record(self._name(), row, Scored(model, score), started)
                for row, score in zip(rows, scores, strict=True)
            ]
        )

    async def _routed(self, router: Router, champion: Model, rows: Any, body: bytes, started: float) -> bytes:
        """Answer while more than one model is in service."""
        listed = rows if isinstance(rows, list) else [rows]
        names = [self._name() for _ in listed]
        scored = await router.scores(champion, listed, names)
        text = None if listed is rows else body
        answers = [self._record(*each, started, text) for each in zip(names, listed, scored, strict=True)]
        return encode(answers if listed is rows else answers[0])

    def _name(self) -> str:
        return f"{self._process}-{next(self._numbers)}"

    def _record(self, name: str, row: Any, scored: Scored, started: float, text: bytes | None = None) -> Prediction:
        model, score = scored.model, scored.score
        self._metrics.score(score)
        if self._sinks:
            self.log(name, row, scored, 1_000 * (time.perf_counter() - started), text)
        return Prediction(name, score, int(score >= model.manifest.threshold), model.version)

    def log(self, name: str, row: Any, scored: Scored, ms: float, text: bytes | None = None) -> None:
        """Log a score: `ms` after the body was there; `text` is the row as it came, where it came alone."""
        model, score, role, cpu_ms = scored
        key, text = model.requests.apart(row, text)
        for sink in self._sinks:
            sink.write(name, key, time.time(), model.version, score, text, role=role, ms=ms, cpu_ms=cpu_ms)
