"""Travis CI: the jobs of each build that can start, found by trying their conditions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from . import Job, targets

TOKEN = re.compile(r"\s*(=~|!=|=|\(|\)|,|\^\S+|[\w.-]+)")
LIMIT = re.compile(r"\btimeout (\d+)m\b")
PHASES = ("before_install", "install", "before_script", "script", "after_script")
# What a job reads by name and a repository's settings do not hold: of Travis itself, and of the one request.
OWN = re.compile(r"TRAVIS_\w+|HOME|TASK|CALL|STAGE|VERSION|ENVIRONMENT|RELEASED_BY")


@dataclass(frozen=True)
class Build:
    """A build that can start: its event, and what conditions may ask for."""

    event: str
    attributes: dict[str, str]
    env: dict[str, str]


def read(project: Path) -> dict[str, Job]:
    """Return the jobs of a project by name."""
    config = yaml.safe_load((project / ".travis.yml").read_text())
    found = {job["name"]: {**config, **job} for job in config["jobs"]["include"]}
    jobs = {name: _job(job) for name, job in found.items()}
    held = _settings(found)
    later: dict[str, set[str]] = {name: set() for name in jobs}  # events of builds in which another stage comes first
    named: dict[str, set[bool]] = {name: set() for name in jobs}
    for build in builds(config):
        if not holds(str(config.get("if", "true")), build):
            continue
        runs = [name for name, job in found.items() if holds(str(job["if"]) if job.get("if") else "true", build)]
        for name in runs:
            before = _before(name, runs, found, config["stages"])
            named[name].add("VERSION" in build.env and build.event == "hand")
            if not before:
                jobs[name].on.add(build.event)
            elif build.event == "schedule":  # the one cron job starts all that is due, whatever stands before it
                later[name].add(build.event)
            else:
                jobs[name].after |= before
    for name, job in jobs.items():
        job.on |= set() if job.after else later[name]
        job.approval = named[name] == {True}  # only a person who names the version starts it
        job.sees = held - set(re.findall(r"\w+", " ".join(re.findall(r"\bunset ([\w ]+)", _text(found[name])))))
        if any(line.startswith("export") for line in _list(found[name].get("before_install"))):
            job.sees = held
    return jobs


def builds(config: dict[str, Any]) -> Iterator[Build]:
    """Each build that can start, in a repository whose settings hold all that conditions ask for."""
    text = str(config)
    settings = {name: "set" for name in re.findall(r"env\((\w+)\) IS present", text)}
    asked = {
        name: {
            word
            for group in re.findall(rf"env\({name}\) (?:= ([\w-]+)|IN \(([\w, -]+)\))", text)
            for word in re.findall(r"[\w-]+", " ".join(group))
        }
        for name in ("CALL", "TASK", "STAGE", "ENVIRONMENT")
    }
    yield Build("change", {"type": "pull_request", "branch": "main"}, settings)
    yield Build("main", {"type": "push", "branch": "main"}, settings)
    yield Build("schedule", {"type": "cron", "branch": "main"}, settings)
    for call in sorted(asked["CALL"]):
        yield Build("call", {"type": "api", "branch": "main"}, {**settings, "CALL": call})
    for task in sorted(asked["TASK"]):
        places = ({name: place} for name in ("STAGE", "ENVIRONMENT") for place in sorted(asked[name]))
        for more in ({}, {"VERSION": "7"}, *places):
            yield Build("hand", {"type": "api", "branch": "main"}, {**settings, "TASK": task, **more})


def holds(condition: str, build: Build) -> bool:
    """Say whether a condition of Travis holds for a build."""
    tokens = TOKEN.findall(condition)
    value = _either(tokens, build)
    assert not tokens, f"{condition}: cannot be read from {tokens}"
    return value


def _either(tokens: list[str], build: Build) -> bool:
    value = _both(tokens, build)
    while tokens[:1] == ["OR"]:
        tokens.pop(0)
        value = _both(tokens, build) or value
    return value


def _both(tokens: list[str], build: Build) -> bool:
    value = _one(tokens, build)
    while tokens[:1] == ["AND"]:
        tokens.pop(0)
        value = _one(tokens, build) and value
    return value


def _one(tokens: list[str], build: Build) -> bool:
    if tokens[0] == "(":
        tokens.pop(0)
        value = _either(tokens, build)
        assert tokens.pop(0) == ")"
        return value
    word = tokens.pop(0)
    if word == "true":
        return True
    left = build.attributes.get(word, "")
    if word == "env":
        _, name, _ = (tokens.pop(0) for _ in range(3))
        left = build.env.get(name, "")
    sign, right = tokens.pop(0), tokens.pop(0)
    if sign == "IN":
        listed = []
        while right != ")":
            right = tokens.pop(0)
            listed.append(right)
        return left in listed
    if sign == "IS":
        return bool(left) == {"present": True, "blank": False}[right]
    return {"=": left == right, "!=": left != right, "=~": re.search(right, left) is not None}[sign]


def _before(name: str, runs: list[str], found: dict[str, Any], stages: list[str]) -> set[str]:
    """The jobs of the last stage before that of a job, among those that run."""
    for stage in reversed(stages[: stages.index(found[name]["stage"])]):
        if earlier := {other for other in runs if found[other]["stage"] == stage}:
            return earlier
    return set()


def _job(job: dict[str, Any]) -> Job:
    lines = [line for phase in PHASES for line in _list(job.get(phase))]
    # The limits of all lines together are the job's, if nothing of it runs without one.
    unlimited = [
        part for line in lines for part in re.split(r"&&|\n|;", line) if targets(part) and not LIMIT.search(part)
    ]
    minutes = sum(int(found) for line in lines for found in LIMIT.findall(line))
    return Job(runs=targets("\n".join(lines)), minutes=0 if unlimited else minutes)


def _settings(found: dict[str, Any]) -> set[str]:
    """The names that the jobs take from the repository's settings, which Travis gives to each job of a branch."""
    text = "\n".join(_text(job) for job in found.values())
    read = set(re.findall(r"\$\{?([A-Z][A-Z_]+)", text)) | set(
        re.findall(r"\b[A-Z][A-Z_]+\b", " ".join(re.findall(r"\bunset ([\w ]+)", text)))
    )
    return {name for name in read if not OWN.fullmatch(name)}


def _text(job: dict[str, Any]) -> str:
    return "\n".join(line for phase in PHASES for line in _list(job.get(phase)))


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
