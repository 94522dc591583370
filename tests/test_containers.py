"""The containers of every level: a real engine builds them, and they come up, train, answer and run without root."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rungs.models import Level
from world import git

LEVELS = [str(level) for level in Level]
NAME = "containers-under-test"  # of images, networks and volumes: on a developer's engine it must meet nobody else's
FROM = re.compile(r"^FROM (\S+)", re.MULTILINE)
QUICK = {"SPLIT__TRAIN_DAYS": "365", "TUNING__TRIALS": "2", "TUNING__ROWS": "4000"}  # less to learn from
IMAGE = re.compile(r"^ +image: ([^$\s]+)$", re.MULTILINE)


def finish(command: list[str], folder: Path, environment: Mapping[str, str], *, status: int = 0) -> str:
    """Run a command that must end with this status, and return all that it printed."""
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == status, f"{' '.join(command)} gave {done.returncode}\n{done.stdout[-6000:]}"
    return done.stdout


@dataclass(frozen=True)
class Engine:
    """A Docker engine: this machine's own, or one that is started for the tests and reaches no registry."""

    environment: dict[str, str]
    maker: str | None = None  # makes images in place of a registry

    def provide(self, folder: Path) -> None:
        if self.maker:
            texts = [path.read_text() for name in ("Dockerfile", "*.yaml") for path in folder.rglob(name)]
            names = {name for text in texts for name in (*FROM.findall(text), *IMAGE.findall(text))}
            finish([self.maker, "unpin", str(folder)], folder, self.environment)
            finish([self.maker, "image", *sorted(names)], folder, self.environment)


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Give a real Docker engine, and end it when it was started for these tests."""
    if shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0:
        yield Engine(dict(os.environ))
        return
    maker = str(request.getfixturevalue("tools") / "container-engine/container-engine")
    if os.geteuid() != 0:
        pytest.skip("no Docker engine answers, and only root can start one")
    folder = Path(os.environ.get("RUNGS_ENGINE_DIR", f"{tempfile.gettempdir()}/rungs-engine"))
    try:
        finish([maker, "up", str(folder)], Path.cwd(), os.environ)
        text = finish(["bash", "-c", f". '{folder}/env.sh' && env --null"], Path.cwd(), os.environ)
        yield Engine(dict(line.split("=", 1) for line in text.split("\0") if line), maker)
    finally:
        finish([maker, "down", str(folder)], Path.cwd(), os.environ)


class Stack:
    """A rendered project, the ports on which its containers are published, and whom they run as."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.folder = folder
        user = os.geteuid() or 10001
        self.user = f"{user}:{os.getegid() or 10001}"
        self.ports = free_ports("SERVICE_PORT", "PROMETHEUS_PORT", "ALERTMANAGER_PORT", "MLFLOW_PORT")
        self.environment = engine.environment | {name: str(port) for name, port in self.ports.items()}
        self.environment |= {"TAG": "test", **QUICK}
        self.images: set[str] = set()
        self.artifacts = folder / "artifacts"
        self.artifacts.mkdir()
        os.chown(self.artifacts, user, -1)

    def lock(self) -> None:
        finish(["uv", "lock", "--quiet"], self.folder, self.environment)  # all of `make setup` that images need

    def make(self, *words: str, status: int = 0, **environment: str) -> str:
        try:
            return finish(["make", *words], self.folder, self.environment | environment, status=status)
        finally:  # a later build takes the name away from these
            self.images |= set(self.docker("images", "--quiet", "--filter", f"reference={NAME}-*").split())

    def docker(self, *words: str, status: int = 0) -> str:
        return finish(["docker", *words], self.folder, self.environment, status=status)

    def step(self, *words: str, options: tuple[str, ...] = ()) -> str:
        """Run a step in the training image, with the project's artifacts as its volume."""
        run = ["run", "--rm", "--read-only", "--tmpfs", "/tmp", "--user", self.user]
        run += ["--volume", f"{self.artifacts}:/app/artifacts"]
        run += [f"--env={name}={value}" for name, value in QUICK.items()]
        return self.docker(*run, *options, f"{NAME}-train:test", *words)

    def ask(self, port: str, path: str, body: object = None) -> tuple[int, Any]:
        """Return status and JSON of an answer."""
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[port]}{path}", data, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def containers(self) -> dict[str, str]:
        """Return the id of each service's container."""
        text = self.docker("compose", "--profile", "*", "ps", "--all", "--format", "{{.Service}} {{.ID}}")
        return dict(line.split() for line in text.splitlines())

    def health(self, container: str) -> str:
        return self.docker("inspect", "--format", "{{.State.Health.Status}}", container).strip()

    def clean(self) -> None:
        """Leave no container, volume, network or image behind."""
        self.docker("compose", "--profile", "*", "down", "--volumes", "--timeout", "5")
        self.images |= set(self.docker("images", "--quiet", "--filter", f"reference={NAME}-*").split())
        if self.images:
            self.docker("image", "rm", "--force", *sorted(self.images))


def free_ports(*names: str) -> dict[str, int]:
    """Ask the system for a port for each name."""
    with ExitStack() as opened:
        servers = [opened.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in names]
        return {name: server.getsockname()[1] for name, server in zip(names, servers, strict=True)}


def eventually(what: str, holds: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"after {seconds:.0f} seconds still not so: {what}"
        time.sleep(0.5)


@pytest.fixture
def stack(engine: Engine, project: Callable[..., Path]) -> Iterator[Callable[[str], Stack]]:
    """`stack(level)` gives a project that is ready for containers."""
    with ExitStack() as made:

        def making(level: str) -> Stack:
            folder = project(level, project_name=NAME)
            engine.provide(folder)
            stack = Stack(engine, folder)
            made.callback(stack.clean)
            return stack

        yield making


def check_image(stack: Stack, name: str) -> None:
    """An image runs as a number that is not root: an orchestrator that forbids root cannot check a name."""
    user = stack.docker("image", "inspect", "--format", "{{.Config.User}}", name).strip()
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), f"{name} runs as {user!r}"


def check_up(stack: Stack, services: set[str]) -> None:
    """All services are healthy, none runs as root, and Prometheus reads what it shall."""
    containers = stack.containers()
    assert set(containers) == services
    for service, container in containers.items():
        assert stack.health(container) == "healthy", service
        assert stack.docker("exec", container, "id", "-u").strip() != "0", f"{service} runs as root"
    jobs = {"service"} | ({"checks"} if "watch" in services else set()) | ({"webhook"} & services)

    def scraped() -> bool:
        targets = stack.ask("PROMETHEUS_PORT", "/api/v1/targets")[1]["data"]["activeTargets"]
        return {target["labels"]["job"] for target in targets if target["health"] == "up"} == jobs

    eventually(f"Prometheus reads {jobs}", scraped)
    managers = stack.ask("PROMETHEUS_PORT", "/api/v1/alertmanagers")[1]["data"]["activeAlertmanagers"]
    assert [manager["url"] for manager in managers] == ["http://alertmanager:9093/api/v2/alerts"]


def check_answers(stack: Stack) -> list[str]:
    """The service gives the sample rows of the released model the scores that they had, and refuses a broken row."""
    released = stack.artifacts / "serving/production"
    bundle = released / json.loads((released / "current.json").read_text())["path"]
    sample = json.loads((bundle / "sample.json").read_text())
    assert stack.ask("SERVICE_PORT", "/health")[0] == 200
    status, answers = stack.ask("SERVICE_PORT", "/predict", sample["rows"])
    assert status == 200
    assert [answer["score"] for answer in answers] == pytest.approx(sample["scores"], abs=1e-5)
    status, answer = stack.ask("SERVICE_PORT", "/predict", {"a column that": "is not in the schema"})
    assert status == 422 and answer["error"]
    return [answer["id"] for answer in answers]


def check_log(stack: Stack, ids: list[str]) -> None:
    """Each prediction has its line on the host."""

    def logged() -> list[str]:
        files = (stack.artifacts / "predictions/production").glob("*.ndjson")
        return [json.loads(line)["id"] for path in files for line in path.read_text().splitlines()]

    eventually("every prediction is logged once", lambda: sorted(logged()) == sorted(ids), 10)


def check_down(stack: Stack) -> None:
    """`make down` ends every container and the network; the released model stays."""
    stack.make("down")
    mine = f"label=com.docker.compose.project={NAME}"
    assert stack.docker("ps", "--all", "--quiet", "--filter", mine) == ""
    assert stack.docker("network", "ls", "--quiet", "--filter", mine) == ""
    assert (stack.artifacts / "serving/production/current.json").is_file()


@pytest.mark.slow
def test_manual_trains_and_serves_in_containers_alone(stack: Callable[[str], Stack]) -> None:
    manual = stack("manual")
    manual.lock()
    manual.make("image")
    for image in ("train", "serve"):
        check_image(manual, f"{NAME}-{image}:test")
    assert "Extracted" in manual.step("data")
    assert (manual.artifacts / "data/raw.parquet").is_file()
    with ThreadPoolExecutor() as pool:  # waiting for an unhealthy service takes half a minute
        training = pool.submit(manual.step)
        assert "No model is released to production yet" in manual.make("up", status=2)
        assert "Version 1 is registered" in training.result()
    assert manual.ask("SERVICE_PORT", "/health")[0] == 503
    waiting = manual.containers()["service"]
    assert "Version 1 is released to production" in manual.step("promote", "--yes")
    eventually("the first release made the service healthy", lambda: manual.health(waiting) == "healthy")
    manual.make("up")
    check_up(manual, {"service", "prometheus", "alertmanager"})
    assert manual.containers()["service"] == waiting, "the first model needed a new container"
    check_answers(manual)
    assert not (manual.artifacts / "predictions/production").exists(), "this level logs no predictions"
    check_down(manual)


@pytest.mark.slow
def test_pipeline_serves_what_the_host_trained_and_watches_it(stack: Callable[[str], Stack]) -> None:
    pipeline = stack("pipeline")
    pipeline.make("setup")
    pipeline.make("pipeline")
    pipeline.make("promote", "ARGS=--yes")
    pipeline.make("up")
    check_up(pipeline, {"service", "prometheus", "alertmanager", "watch"})
    check_log(pipeline, check_answers(pipeline))
    commit = git(pipeline.folder, "rev-parse", "HEAD")
    assert pipeline.docker("compose", "exec", "watch", "printenv", "GIT_COMMIT") == commit
    assert "no check firing" in pipeline.docker("compose", "logs", "watch")
    check_down(pipeline)


@pytest.mark.slow
def test_continuous_retrains_in_a_container_that_reports_to_the_tracking_server(stack: Callable[[str], Stack]) -> None:
    continuous = stack("continuous")
    continuous.lock()
    continuous.make("image")
    continuous.docker("compose", "up", "--detach", "--build", "--wait", "mlflow")
    tracked = ("--network", f"{NAME}_default", "--env", "MLFLOW_TRACKING_URI=http://mlflow:5000")
    continuous.step("retrain", options=tracked)
    continuous.step("promote", "--yes", options=tracked)
    model = f"/api/2.0/mlflow/registered-models/get?name={NAME}"
    aliases = continuous.ask("MLFLOW_PORT", model)[1]["registered_model"]["aliases"]
    assert {"alias": "champion", "version": "1"} in aliases
    continuous.make("up", COMPOSE_PROFILES="tracking")
    check_up(continuous, {"service", "prometheus", "alertmanager", "watch", "webhook", "deliver", "mlflow"})
    check_image(continuous, f"{NAME}-mlflow")
    check_log(continuous, check_answers(continuous))
    check_down(continuous)


@pytest.mark.slow
def test_the_tracking_server_of_the_cloud_can_be_built(stack: Callable[[str], Stack]) -> None:
    pipeline = stack("pipeline")
    image = f"{NAME}-tracking:test"
    pipeline.docker("build", "--tag", image, "infra/aws/tracking")
    check_image(pipeline, image)
    version = re.search(r"ARG MLFLOW_VERSION=(\S+)", (pipeline.folder / "infra/aws/tracking/Dockerfile").read_text())
    assert version and version[1] in pipeline.docker("run", "--rm", image, "mlflow", "--version")
    drivers = "import boto3, psycopg2; print(psycopg2.__libpq_version__)"
    assert int(pipeline.docker("run", "--rm", image, "python", "-c", drivers)) >= 100_000
    assert "DATABASE_HOST" in pipeline.docker("run", "--rm", image, status=1), "serve.py does not start"


@pytest.mark.parametrize("level", LEVELS)
def test_hadolint_finds_nothing_and_each_exception_has_its_reason(render: Callable[..., Path], level: str) -> None:
    dockerfiles = sorted(render(level).rglob("Dockerfile"))
    assert len(dockerfiles) >= 2
    hadolint = str(Path(sys.executable).parent / "hadolint")
    assert finish([hadolint, *map(str, dockerfiles)], render(level), os.environ) == ""
    for path in dockerfiles:
        lines = path.read_text().splitlines()
        for before, line in zip(["", *lines], lines, strict=False):
            assert "hadolint ignore" not in line or before.startswith("# "), f"{path}: {line} has no reason above it"
