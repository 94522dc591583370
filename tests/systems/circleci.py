"""CircleCI: the workflows that start in a pipeline, tried with each value of each parameter, on main and a branch."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from . import Job, targets

EVENTS = {"schedule": "schedule", "call": "call", "task": "hand"}  # which parameter says what started a pipeline
REFERENCE = re.compile(r"<<\s*([\w.-]+)\s*>>")
LIMIT = re.compile(r"\btimeout (\d+)m\b")
PRIVATE = re.compile(r"CIRCLE_OIDC_TOKEN\w*|SIGSTORE_ID_TOKEN|AWS_\w+|STORAGE_ROOT|\w+_SECRET\b|\w+_PASSWORD\b")


@dataclass
class Step:
    """A step after all commands are opened: its name, and the script of one that runs something."""

    kind: str
    script: str = ""


# What ci-runners says of what a job of a change leaves behind.
KEEPS = {"check": "artifacts/tests: found", "sample": "artifacts/gate: found"}


def start(project: Path, path: Path, words: list[str]) -> tuple[Path, list[str]]:
    """How ci-runners runs a job: without the one key that the schema knows and it does not."""
    path.write_text(re.sub(r"^ +serial-group: .*\n", "", path.read_text(), flags=re.MULTILINE))
    return path, words


def read(project: Path) -> dict[str, Job]:
    """Return the jobs of a project by name."""
    config = yaml.safe_load((project / ".circleci/config.yml").read_text())
    jobs = {name: _job(config, job) for name, job in config["jobs"].items()}
    approvals: dict[str, list[bool]] = {name: [] for name in jobs}
    for workflow in config["workflows"].values():
        events = {event for event, values in pipelines(config) if holds(workflow.get("when", True), values)}
        entries = dict(named(entry) for entry in workflow["jobs"])
        for name, entry in entries.items():
            if entry.get("type") == "approval":
                continue
            before = set(entry.get("requires", ()))
            asked = {need for need in before if entries[need].get("type") == "approval"}
            before = (before - asked) | {need for hold in asked for need in entries[hold]["requires"]}
            job = jobs[name]
            job.after |= before
            job.on |= set() if before else events
            job.sees |= {f"context {context}" for context in _list(entry.get("context"))}
            approvals[name].append(bool(asked))
    for name, job in jobs.items():
        job.approval = bool(approvals[name]) and all(approvals[name])
    return jobs


def named(entry: Any) -> tuple[str, dict[str, Any]]:
    """A step or a job of a workflow: its name, and what stands below it."""
    return (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))


def pipelines(config: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each pipeline that can start: the event, and the values that conditions may ask for."""
    parameters = {f"pipeline.parameters.{name}": one for name, one in config["parameters"].items()}
    defaults = {name: one["default"] for name, one in parameters.items()}
    # What a person says beside the parameter that starts a workflow.
    details = {name: one["enum"] for name, one in parameters.items() if name.rpartition(".")[2] not in EVENTS}
    yield "change", {**defaults, "pipeline.git.branch": "topic"}
    yield "main", {**defaults, "pipeline.git.branch": "main"}
    for parameter, event in EVENTS.items():
        for value in config["parameters"][parameter]["enum"]:
            started = {**defaults, "pipeline.git.branch": "main", f"pipeline.parameters.{parameter}": value}
            if value != config["parameters"][parameter]["default"]:
                for chosen in product(*details.values()):
                    yield event, started | dict(zip(details, chosen, strict=True))


def holds(condition: Any, values: dict[str, Any]) -> bool:
    """Say whether a condition of a workflow or a step holds."""
    if not isinstance(condition, dict):
        return bool(_fill(condition, values))
    [(word, operands)] = condition.items()
    if word == "equal":
        return len({str(_fill(operand, values)) for operand in operands}) == 1
    if word == "not":
        return not holds(operands, values)
    return {"and": all, "or": any}[word](holds(operand, values) for operand in operands)


def _job(config: dict[str, Any], job: dict[str, Any]) -> Job:
    found = list(steps(config, job["steps"], {}))
    scripts = [step.script for step in found if step.script]
    # The limits of all steps together are the job's, if nothing of it runs without one.
    limits = [int(minutes) for script in scripts for minutes in LIMIT.findall(script)]
    unlimited = [script for script in scripts if targets(script) and not LIMIT.search(script)]
    return Job(
        runs=targets("\n".join(scripts)),
        minutes=0 if unlimited else sum(limits),
        sees=set(PRIVATE.findall("\n".join([*scripts, str(job.get("environment", ""))])))
        | {step.kind for step in found if step.kind == "add_ssh_keys"},
    )


def steps(config: dict[str, Any], documents: list[Any], values: dict[str, Any]) -> Iterator[Step]:
    """Return the steps of a job, those of its commands in their place."""
    for document in documents:
        name, given = named(document)
        if name in ("when", "unless"):
            if holds(given["condition"], values) == (name == "when"):
                yield from steps(config, given["steps"], values)
        elif name == "run":
            command = given if isinstance(given, str) else given["command"]
            yield Step("run", str(_fill(command, values)))
        elif name in config["commands"]:
            opened = config["commands"][name]
            own = {key: one.get("default") for key, one in opened.get("parameters", {}).items()}
            own |= {key: _fill(value, values) for key, value in (given or {}).items()}
            yield from steps(config, opened["steps"], {f"parameters.{key}": value for key, value in own.items()})
        else:
            yield Step(name)


def _fill(text: Any, values: dict[str, Any]) -> Any:
    """A text with the values that it refers to; one that is a reference and nothing else is the value itself."""
    if not isinstance(text, str):
        return text
    alone = REFERENCE.fullmatch(text.strip())
    if alone and alone[1] in values:
        return values[alone[1]]
    return REFERENCE.sub(lambda found: str(values.get(found[1], found[0])), text)


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
