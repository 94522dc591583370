"""Ask a service for predictions whose scores are known, and compare."""

import contextlib
import subprocess
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import click
import msgspec

from .. import bundle, release
from ..errors import ProjectError
from ..serving.spare import spare
from ..stages import STAGES


class Answer(msgspec.Struct, frozen=True):
    """What the test reads of a prediction."""

    score: float
    model: int


@click.command()
@click.option("--stage", type=click.Choice(STAGES), default=STAGES[-1], show_default=True)
@click.option("--url", envvar="SERVICE_URL", help="Address of the service. Without it, one is started.")
@click.option("--wait", default=60.0, show_default=True, help="Seconds until it must serve.")
def command(stage: str, url: str | None, wait: float) -> None:
    """Ask a service for the sample rows of the released model, and compare each score.

    Without an address a service is started on this machine for the test; its predictions are not logged.
    """
    loaded = bundle.load(release.current_url(stage))
    released = release.current(stage)
    sample = msgspec.json.decode(loaded.files[bundle.SAMPLE], type=bundle.Sample)
    with contextlib.nullcontext((url, None)) if url else spare(stage) as (address, process):
        _wait_until_served(address, released, wait, process)
        started = time.perf_counter()
        answers = msgspec.convert(_ask(address, "/predict", sample.rows), list[Answer])
        milliseconds = (time.perf_counter() - started) * 1_000
    for row, (answer, score) in enumerate(zip(answers, sample.scores, strict=True), start=1):
        if not abs(answer.score - score) <= bundle.TOLERANCE:
            raise ProjectError(
                f"{address} gives sample row {row} the score {answer.score:.6f}, not {score:.6f} "
                "as it had when the model was packaged: roll back, and train again with this "
                "project's lock file."
            )
    click.echo(
        f"{stage}: version {answers[0].model} gives {len(answers)} sample rows the right scores, "
        f"in {milliseconds:.0f} ms."
    )


def _wait_until_served(
    address: str,
    released: release.Release | None,
    seconds: float,
    process: subprocess.Popen[bytes] | None,
) -> None:
    wanted = released.version if released else None
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = _ask(address, "/version")["model"]
            problem = f"it serves version {found['version']}" if found else "it has no model"
            if found and found["version"] == wanted:
                return
        except ProjectError as error:
            problem = str(error)
        if process is not None and process.poll() is not None:
            raise ProjectError("The service ended before it answered: `make serve` says why.")
        if time.monotonic() > deadline:
            raise ProjectError(
                f"{address} does not serve version {wanted} after {seconds:.0f} seconds "
                f"({problem.rstrip('.')}): look into the log of the service."
            )
        time.sleep(0.2)


def _ask(address: str, path: str, rows: Any = None) -> Any:
    parts = urlsplit(address)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connect(parts.netloc, timeout=10)
    try:
        if rows is None:
            connection.request("GET", parts.path.rstrip("/") + path)
        else:
            connection.request("POST", parts.path.rstrip("/") + path, msgspec.json.encode(rows))
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            text = content.decode(errors="replace")
            raise ProjectError(f"{address}{path} answers {response.status}: {text}")
        return msgspec.json.decode(content)
    except (OSError, HTTPException, msgspec.DecodeError) as error:
        raise ProjectError(f"{address}{path} does not answer ({error}).") from error
    finally:
        connection.close()
