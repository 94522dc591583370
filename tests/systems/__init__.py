"""Reads the CI files of a rendered project: one module a system, all into the same form."""

import re
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType

# A line that calls make: its targets, after options, variables and a redirection are taken away.
CALL = re.compile(r"(?<![\w-])make(?P<words>(?: +(?:\"[^\"]*\"|[^\s\"&|;()>]|\$\([^)]*\))+)+)")
HELPERS = {"setup", "login", "summary", "digests"}  # which every stage may call as it needs them


@dataclass
class Job:
    """A stage as a system has it.

    `on` are the events that start it, `after` the stages that it follows, `runs` the Make targets that it calls in
    order without the helpers, `minutes` its time limit. `sees` names what it is given that a change under review must
    not see: variables, secrets, rights to write, tokens for a cloud.
    """

    on: set[str] = field(default_factory=set)
    after: set[str] = field(default_factory=set)
    approval: bool = False
    runs: list[str] = field(default_factory=list)
    minutes: int = 0
    sees: set[str] = field(default_factory=set)


def reader(system: str) -> ModuleType:
    """The module that reads a system's files: its function `read` gives the jobs of a project by name."""
    return import_module(f"systems.{system.replace('-', '_')}")


def targets(script: str) -> list[str]:
    """The Make targets that a script calls, in order, without the helpers and without calls that only ask how it is."""
    found: list[str] = []
    for call in CALL.finditer(script.replace("\\\n", " ")):
        if "--status" in call["words"]:
            continue
        words = re.sub(r'"[^"]*"', '""', call["words"]).split()
        found += [word for word in words if re.fullmatch(r"[a-z][a-z-]*", word)]
    return [target for target in found if target not in HELPERS]
