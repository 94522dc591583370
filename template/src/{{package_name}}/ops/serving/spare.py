"""A spare service on this machine, to try what a stage has released."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from .. import bundle, release, storage
from ..plugins import PACKAGE


@contextlib.contextmanager
def spare(stage: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve a copy of what a stage has released, on a port of its own, and give its address and its process.

    Its predictions are not logged. Raises ProjectError when nothing is released.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"HOST": "127.0.0.1", "PORT": str(port), "STAGE": stage, "WORKERS": "1"}
    # It serves a copy: the rows are nobody's, and in the log of predictions they would pass for traffic.
    with tempfile.TemporaryDirectory() as root:
        _copy_release(stage, root)
        process = subprocess.Popen(  # noqa: S603 - this interpreter and fixed words
            [sys.executable, "-m", PACKAGE, "serve"],
            env=os.environ | {f"SERVING__{name}": value for name, value in settings.items()} | {"STORAGE__ROOT": root},
            stdout=sys.stderr,
        )
        try:
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def _copy_release(stage: str, root: str) -> None:
    pointer = storage.url("serving", stage, release.CURRENT)
    record = storage.read_json(pointer, release.Release)
    bundle.copy(storage.url("serving", stage, record.path), f"{root}/serving/{stage}/{record.path}")
    storage.copy(pointer, f"{root}/serving/{stage}/{release.CURRENT}")
