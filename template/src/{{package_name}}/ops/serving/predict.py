"""`POST /predict` as a plain ASGI endpoint, with msgspec in place of pydantic."""

import asyncio
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
from .sinks import Sink

IN_THREAD = 50  # rows; more of them would hold up other requests

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
            status, content = await self._answer(body)
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

    async def _answer(self, body: bytes) -> tuple[int, bytes]:
        model = self._loader.model
        if model is None:
            return 503, encode(Failure(self._loader.absent))
        if len(body) > self._maximum_bytes:
            return 413, encode(Failure(f"The body is over {self._maximum_bytes} bytes: send fewer rows at once."))
        try:
            rows = model.requests.decode(body)
        except ValueError as error:  # also UnicodeDecodeError, which msgspec lets through
            return 422, encode(Failure(model.requests.sentence(error)))
        if not isinstance(rows, list):
            return 200, encode(self._record(model, rows, model.scorer.score_row(rows), body))
        if len(rows) > IN_THREAD:
            scores = await asyncio.to_thread(model.scorer.score_rows, rows)
        else:
            scores = model.scorer.score_rows(rows)
        return 200, encode(
            [self._record(model, row, score, encode(row)) for row, score in zip(rows, scores, strict=True)]
        )

    def _record(self, model: Model, row: Any, score: float, text: bytes) -> Prediction:
        name = f"{self._process}-{next(self._numbers)}"
        self._metrics.score(score)
        for sink in self._sinks:
            sink.write(name, getattr(row, "key", None), time.time(), model.version, score, text)
        return Prediction(name, score, int(score >= model.manifest.threshold), model.version)
