"""The real terraform, with stand-ins for the provider: it needs no account and no network."""

import importlib.util
import shutil
import sys
from pathlib import Path

# Stands for terraform: `-chdir=DIR COMMAND` runs in a scratch copy, against the doubles; each command initialises it.
SHIM = """#!/bin/sh
set -e
case "$1" in
  fmt) exec {terraform} "$@" ;;
  -chdir=*) folder="${{1#-chdir=}}"; shift ;;
esac
[ "$1" = init ] && exit 0
exec {offline} "$folder" "$@"
"""


def command(tools: Path) -> list[str]:
    """The command that runs terraform so. Raises LookupError with what is missing on this machine."""
    folder, terraform = tools / "terraform-doubles", shutil.which("terraform")
    if not folder.is_dir() or terraform is None:
        raise LookupError("terraform and its provider's doubles are not on this machine")
    words = [str(folder / "tf-offline"), "--terraform", terraform]
    if all(importlib.util.find_spec(name) for name in ("grpc", "msgpack")):
        return [sys.executable, *words]
    if uv := shutil.which("uv"):
        return [uv, "run", "--no-project", "--quiet", "--with-requirements", str(folder / "requirements.txt"), *words]
    raise LookupError("the provider's doubles need grpcio and msgpack, or uv to fetch them")


def program(offline: list[str], folder: Path) -> str:
    """Write a program `terraform` into a folder that runs that command, and return its path."""
    shim = folder / "terraform"
    shim.write_text(SHIM.format(terraform=offline[-1], offline=" ".join(offline)))
    shim.chmod(0o755)
    return str(shim)
