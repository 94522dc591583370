"""Sends rows to the running service as clients do, and measures what comes back."""

import asyncio
import itertools
import signal
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import httpx
import msgspec

from .errors import ProjectError


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: answers by model version, failures by reason, and how long they took."""

    rows: int
    seconds: float
    latencies: list[float]
    versions: dict[int, int]
    failures: dict[str, int]

    @property
    def failed(self) -> int:
        """How many rows got no prediction."""
        return sum(self.failures.values())

    def latency(self, share: float) -> float:
        """Return the seconds within which this share of the requests was answered."""
        ordered = sorted(self.latencies) or [float("nan")]
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def send(url: str, rows: Sequence[dict[str, Any]], connections: int, seconds: float = 0, pause: float = 0) -> Outcome:
    """Send each row as one request, over a few connections that stay open.

    With `seconds` the rows are sent again and again, for that long or until SIGINT or SIGTERM; `pause` is what each
    connection waits before a request. Raises ProjectError when nothing listens.
    """
    return asyncio.run(_send(url, rows, connections, seconds, pause))


async def _send(url: str, rows: Sequence[dict[str, Any]], connections: int, seconds: float, pause: float) -> Outcome:
    started = time.perf_counter()
    bodies = [msgspec.json.encode(row) for row in rows]
    queue = iter(bodies) if not seconds else itertools.cycle(bodies)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    latencies: list[float] = []
    versions: Counter[int] = Counter()
    failures: Counter[str] = Counter()

    async def work(client: httpx.AsyncClient) -> None:
        for body in queue:
            if ended.is_set() or (seconds and time.perf_counter() - started > seconds):
                return
            await asyncio.sleep(pause)
            before = time.perf_counter()
            try:
                answer = await client.post("/predict", content=body)
            except httpx.HTTPError as error:
                failures[f"{type(error).__name__}: {error}"] += 1
                continue
            latencies.append(time.perf_counter() - before)
            if answer.status_code == httpx.codes.OK:
                versions[answer.json()["model"]] += 1
            else:
                failures[f"{answer.status_code}: {answer.text[:200]}"] += 1

    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    headers = {"Content-Type": "application/json"}
    async with httpx.AsyncClient(base_url=url, limits=limits, headers=headers, timeout=30, trust_env=False) as client:
        try:
            (await client.get("/version")).raise_for_status()
        except httpx.HTTPError as error:
            raise ProjectError(
                f"The service at {url} does not answer ({error}): start it with `make serve`, or give its --url."
            ) from error
        await asyncio.gather(*(work(client) for _ in range(connections)))
    return Outcome(
        rows=sum(versions.values()) + sum(failures.values()),
        seconds=time.perf_counter() - started,
        latencies=latencies,
        versions=dict(sorted(versions.items())),
        failures=dict(failures),
    )
