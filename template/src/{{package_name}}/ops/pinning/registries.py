"""Asks image registries what a tag means now, through the programs that people log in to registries with."""

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable

from ..errors import ProjectError

LOOPBACK = re.compile(r"(?:localhost|127(?:\.\d+){3})(?::\d+)?/")  # Docker speaks plain HTTP to these, too
SECONDS = 120  # to wait for a registry

Ask = Callable[[str], list[str]]


def asking() -> Ask:
    """Return the function that makes the command which prints the manifest of an image, byte by byte.

    Raises ProjectError when no such program is installed.
    """
    if shutil.which("skopeo"):
        return _skopeo
    if shutil.which("docker") and _run(["docker", "buildx", "version"]).returncode == 0:
        return _buildx
    raise ProjectError(
        "No program here can ask a registry: install skopeo (apt and brew have it) or Docker with buildx."
    )


def digest(name: str, ask: Ask) -> str:
    """Return the digest that `name:tag` means now: of the list for all architectures, where there is one.

    Raises ProjectError when the registry does not say.
    """
    try:
        done = _run(ask(name))
    except subprocess.TimeoutExpired as error:
        raise ProjectError(
            f"The registry did not say within {SECONDS} s what {name} is: try again; nothing was changed."
        ) from error
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise ProjectError(
            f"No registry says what {name} is ({reason[-1][:300]}): check the network, the name and your login, or "
            "name it in `ignore` of [pin] in settings.toml; nothing was changed."
        )
    try:
        version = json.loads(done.stdout)["schemaVersion"]
    except (ValueError, KeyError, TypeError):
        version = None
    if version != 2:
        raise ProjectError(f"The registry's answer about {name} is no image manifest: nothing was changed.")
    return f"sha256:{hashlib.sha256(done.stdout).hexdigest()}"


def _skopeo(name: str) -> list[str]:
    options = ["--tls-verify=false"] if LOOPBACK.match(name) else []
    return ["skopeo", "inspect", "--raw", *options, f"docker://{name}"]


def _buildx(name: str) -> list[str]:
    return ["docker", "buildx", "imagetools", "inspect", "--raw", name]


def _run(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, capture_output=True, check=False, timeout=SECONDS)  # noqa: S603 - no shell
