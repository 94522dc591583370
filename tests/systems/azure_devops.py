"""Azure DevOps: every job of every pipeline, once templates are filled in as Azure DevOps does it before a run.

What the people of a project choose, variables and the parameters of a pipeline, is taken as chosen: so a job sees the
most that it may see.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from . import Job, targets

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
DIRECTIVE = re.compile(r"\$\{\{\s*(if|elseif|else)\b\s*(.*?)\s*\}\}")
TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[\w.-]+|[(),\[\]])")
Scope = dict[str, Any]  # the parameters of a template; None: those of a pipeline, which a person chooses


# What ci-runners says of what a job of a change leaves behind.
KEEPS = {"check": "1 files of test results", "sample": "artifact evaluation-of-sample"}


def start(project: Path, path: Path, words: list[str]) -> tuple[Path, list[str]]:
    """How ci-runners runs a job: with the packages that other jobs have fetched, as Azure DevOps' cache brings them."""
    cache = Path(os.environ.get("CI_RUNNERS_DIR", "~/.cache/ci-runners")).expanduser() / "cache/uv"
    return path, [*words, "--var", f"UV_CACHE_DIR={cache}"]


def read(project: Path) -> dict[str, Job]:
    """Return the jobs of a project by name; a stage of several pipelines has the events of them all."""
    jobs: dict[str, Job] = {}
    for path in [project / "azure-pipelines.yml", *sorted((project / "ci/azure-devops").glob("*.yml"))]:
        document = yaml.safe_load(path.read_text())
        if "trigger" in document:
            for name, job in _pipeline(document, path):
                known = jobs.setdefault(name, job)
                assert (known.runs, known.minutes, known.approval) == (job.runs, job.minutes, job.approval), name
                known.on |= job.on
                known.after |= job.after
                known.sees |= job.sees
    return jobs


def _pipeline(document: dict[str, Any], path: Path) -> Iterator[tuple[str, Job]]:
    starts, whole = _events(document), _fill(document, None, path)
    names: dict[str, set[str]] = {}  # the jobs of each stage
    for stage in whole.get("stages") or [{"stage": "", "jobs": whole["jobs"], "dependsOn": []}]:
        jobs = {job.get("job") or job["deployment"]: job for job in stage["jobs"]}
        before = _list(stage["dependsOn"]) if "dependsOn" in stage else list(names)[-1:]
        names[stage["stage"]] = set(jobs)
        for name, job in jobs.items():
            after = {earlier for one in before for earlier in names[one]} | set(_list(job.get("dependsOn")))
            steps = job.get("steps") or job["strategy"]["runOnce"]["deploy"]["steps"]
            yield (
                name,
                Job(
                    on=set() if after else set(starts),
                    after=after,
                    approval=job.get("environment") == "production",
                    runs=targets("\n".join(filter(_is_work, (step.get("bash", "") for step in steps)))),
                    minutes=job["timeoutInMinutes"],
                    sees=set(_sees(whole.get("variables"), stage.get("variables"), job)),
                ),
            )


def _events(document: dict[str, Any]) -> set[str]:
    """Any pipeline may be started by hand; one that no change starts is there for it. A caller names its event."""
    offered = {one["name"]: set(one.get("values", ())) for one in document.get("parameters", ())}
    happens = {
        "change": document.get("pr") != "none",
        "main": document["trigger"] != "none" and "main" in document["trigger"]["branches"]["include"],
        "schedule": any("main" in one["branches"]["include"] for one in document.get("schedules", ())),
        "call": len(offered.get("event", ())) > 1,
        "hand": document["trigger"] == "none",
    }
    return {event for event, does in happens.items() if does}


def _is_work(script: str) -> bool:
    """Whether a step is more than a look at what was done."""
    return "##vso[task.uploadsummary]" not in script


def _sees(*places: Any) -> Iterator[str]:
    for place in places:
        for key, value in _leaves(place):
            if key in ("group", "environment", "containerRegistry") or key.endswith(("Connection", "Subscription")):
                yield f"{key}: {value}"
            if "System.AccessToken" in value or (key == "persistCredentials" and value == "True"):
                yield f"token: {value}"
            if value == "":  # a variable that the people of the project fill in
                yield f"variable: {key}"


def _leaves(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _leaves(value, node["name"] if "value" in node and name == "value" else str(name))
    elif isinstance(node, list):
        for item in node:
            yield from _leaves(item, key)
    else:
        yield key, str(node)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


# Filling in


def _fill(node: Any, scope: Scope | None, path: Path) -> Any:
    if isinstance(node, dict):
        filled: dict[Any, Any] = {}
        for name, value in _chosen(node, scope):
            filled |= _fill(value, scope, path) if name is None else {name: _fill(value, scope, path)}
        return filled
    if isinstance(node, list):
        return [entry for item in node for entry in _entries(item, scope, path)]
    return _text(node, scope) if isinstance(node, str) else node


def _entries(item: Any, scope: Scope | None, path: Path) -> Iterator[Any]:
    """What an item of a list becomes: what a directive or a template holds, or itself."""
    if isinstance(item, dict) and "template" in item:
        source = path.parent / item["template"]
        document = yaml.safe_load(source.read_text())
        given = {one["name"]: one.get("default") for one in document.pop("parameters", ())}
        given |= _fill(item.get("parameters", {}), scope, path)
        (content,) = document.values()
        inside = _fill(content, given, source)
        yield from inside if isinstance(inside, list) else [inside]
    elif isinstance(item, dict) and any(DIRECTIVE.fullmatch(str(key)) for key in item):
        for _, value in _chosen(item, scope):
            yield from _fill(value, scope, path)
    else:
        yield _fill(item, scope, path)


def _chosen(node: dict[Any, Any], scope: Scope | None) -> Iterator[tuple[Any, Any]]:
    """The entries of a mapping whose conditions hold; what a directive holds has no key."""
    taken = False
    for key, value in node.items():
        directive = DIRECTIVE.fullmatch(str(key))
        if directive is None:
            yield key, value
            continue
        taken = taken and directive[1] != "if"
        if not taken and (directive[1] == "else" or _value(directive[2], scope)):
            taken = True
            yield None, value


def _text(text: str, scope: Scope | None) -> Any:
    alone = EXPRESSION.fullmatch(text)
    return _value(alone[1], scope) if alone else EXPRESSION.sub(lambda found: str(_value(found[1], scope)), text)


def _value(expression: str, scope: Scope | None) -> Any:
    return _term(TOKEN.findall(expression), scope)


def _term(tokens: list[str], scope: Scope | None) -> Any:
    token = tokens.pop(0)
    if token.startswith("'"):
        return token[1:-1]
    if tokens[:1] == ["("]:
        given = []
        while tokens.pop(0) != ")":
            given.append(_term(tokens, scope))
        return _call(token, given)
    if tokens[:1] == ["["]:
        tokens.pop(0)
        token = f"{token}.{_term(tokens, scope)}"
        tokens.pop(0)
    if token in ("true", "false"):
        return token == "true"
    kind, _, name = token.partition(".")
    return scope[name] if kind == "parameters" and scope is not None else f"<{token}>"


def _call(function: str, given: list[Any]) -> Any:
    if function in ("eq", "ne"):
        return (given[0] == given[1]) == (function == "eq")
    if function == "coalesce":
        return next(value for value in given if value != "")
    return given[0].format(*given[1:]) if function == "format" else given[0].upper()
