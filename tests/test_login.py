"""`make login`: docker gets a password for the registry that IMAGE names, from who runs it or from the cloud."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from running import free_port, make
from test_stores import emulator, stores

ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/credit-risk"


@pytest.fixture
def docker(tmp_path: Path) -> Callable[[], str]:
    """A docker that writes down how it was called and what it was told: no registry is at hand that asks who comes."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/docker"
    program.write_text(f'#!/bin/sh\n{{ echo "$@"; cat; echo; }} >> {tmp_path}/calls\n')
    program.chmod(0o755)
    calls = tmp_path / "calls"
    return lambda: calls.read_text() if calls.exists() else ""


def login(project: Path, tmp_path: Path, status: int = 0, **environment: str) -> str:
    return make(project, "login", status=status, PATH=f"{tmp_path}/bin:{os.environ['PATH']}", **environment)


def test_a_registry_of_ones_own(render: Callable[..., Path], tmp_path: Path, docker: Callable[[], str]) -> None:
    project = render("pipeline")
    image = "registry.example.com/risk/credit"
    login(project, tmp_path, IMAGE=image)
    assert docker() == ""
    assert "REGISTRY_PASSWORD: is not set" in login(project, tmp_path, 2, IMAGE=image, REGISTRY_USER="robot")
    shown = login(project, tmp_path, IMAGE=image, REGISTRY_USER="robot", REGISTRY_PASSWORD="s3cr$t `x`")
    assert docker().endswith("login --username robot --password-stdin registry.example.com\ns3cr$t `x`\n")
    assert "s3cr" not in shown


@pytest.mark.slow
def test_the_registry_of_the_cloud(render: Callable[..., Path], tmp_path: Path, docker: Callable[[], str]) -> None:
    """ECR's interface is moto's: it gives a token, as AWS does to whoever is signed in."""
    port = free_port()
    store = stores(port)["s3"]
    # The environment of Rungs has no library of AWS: uv makes one of its own.
    words = ("uv", "run", "--no-project", "--quiet", "--with", "botocore", "--python", sys.executable)
    environment = {**os.environ, **store.environment, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    with emulator(store, port, tmp_path):
        command = ["make", "login", f"RUN={' '.join(words)}", f"IMAGE={ECR}"]
        subprocess.run(command, cwd=render("pipeline"), check=True, env=environment)
    said, password = docker().splitlines()[:2]
    assert said == f"login --username AWS --password-stdin {ECR.partition('/')[0]}"
    assert len(password) > 8 and " " not in password
