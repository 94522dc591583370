"""The FastAPI application: predictions, health, version, metrics, and their documentation."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from .documentation import add_predict, describe
from .loading import Loader
from .metrics import Metrics
from .predict import Predict
from .routers import Router, open_router
from .settings import ServingSettings
from .sinks import Service, open_sinks

logger = logging.getLogger("uvicorn.error")


class Application(FastAPI):
    """FastAPI, with predictions answered before its middleware and routing.

    These would cost half as much again. So middleware that is added here sees every path but `/predict`: guard that
    in `Predict`, or in the proxy in front of the service.
    """

    predict: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"] == "/predict" and scope["method"] == "POST":
            await self.predict(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app() -> Application:
    """Make the application by the settings. It starts without a model too, and says so."""
    settings = ServingSettings.load()
    loader = Loader(settings.stage)
    metrics = Metrics(loader)
    service = Service(settings.stage, metrics.registry)
    sinks = open_sinks(service)
    predict = Predict(loader, metrics, sinks, settings.maximum_bytes)
    router = predict.router = open_router(service, loader, predict.log)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(_refresh, loader, router)
        if loader.model is None:
            logger.warning("%s Until then every request gets status 503.", loader.absent)
        polling = asyncio.create_task(_poll(loader, router, settings.poll_seconds))
        yield
        polling.cancel()
        if router is not None:
            router.close()
        for sink in sinks:
            await asyncio.to_thread(sink.close)

    app = Application(title=f"Predictions of {settings.stage}", lifespan=lifespan)
    app.predict = predict
    # Also a route: below a `root_path`, and to say 405 to another method.
    app.router.routes.append(Route("/predict", app.predict, methods=["POST"]))
    described = app.openapi
    app.openapi = lambda: add_predict(described(), loader.model)  # type: ignore[method-assign]

    @app.get("/health")
    async def health() -> JSONResponse:
        """200 when a model is in service, else 503 with the reason."""
        if loader.model is None:
            return JSONResponse({"error": loader.absent}, status_code=503)
        return JSONResponse({"status": "ok", "model": loader.model.version})

    @app.get("/version")
    async def version() -> dict[str, Any]:
        """The model in service, from commit to data, and the release that was refused."""
        return {
            "stage": loader.stage,
            "model": None if loader.model is None else describe(loader.model),
            "refused": None if loader.refused is None else asdict(loader.refused),
        }

    @app.get("/metrics")
    async def page() -> Response:
        """Metrics in Prometheus' text format."""
        return Response(metrics.page(), media_type=CONTENT_TYPE_LATEST)

    return app


async def _poll(loader: Loader, router: Router | None, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        await asyncio.to_thread(_refresh, loader, router)


def _refresh(loader: Loader, router: Router | None) -> None:
    loader.refresh()
    if router is not None:
        router.refresh()
