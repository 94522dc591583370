"""Weak code that `make check` does not find: the rules of bandit that ruff does not have."""

import subprocess
import sys

import msgspec

from ..errors import ProjectError
from . import Report

RULES = ("B613", "B614", "B615")  # hidden characters, torch.load of any pickle, downloads from a hub at no commit


class Issue(msgspec.Struct, frozen=True):
    """What bandit says of a line."""

    filename: str
    line_number: int
    test_id: str
    issue_text: str
    more_info: str


class Answer(msgspec.Struct, frozen=True):
    """What bandit says of all files."""

    results: list[Issue]
    errors: list[dict[str, str]]
    metrics: dict[str, dict[str, float]]


def check() -> Report:
    """Look at src with the rules of RULES; all others of bandit are ruff's `S`, which `make check` asks for.

    Raises ProjectError when a file cannot be read.
    """
    options = ["--quiet", "--recursive", "src", "--tests", ",".join(RULES), "--format", "json"]
    command = [sys.executable, "-m", "bandit", *options]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - this interpreter and fixed words
    try:
        answer = msgspec.json.decode(done.stdout, type=Answer)
    except msgspec.DecodeError as error:
        raise ProjectError(f"bandit gave no answer ({done.stderr.decode()[-300:]}): run `make setup` again.") from error
    if answer.errors:
        first = answer.errors[0]
        raise ProjectError(f"bandit cannot read {first['filename']} ({first['reason']}): mend that file.")
    red = [
        f"{one.filename}:{one.line_number}: {one.issue_text} ({one.test_id}, {one.more_info})" for one in answer.results
    ]
    return Report(f"{len(answer.metrics) - 1} modules", red)  # one entry is the sum
