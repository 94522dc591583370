"""GitLab CI/CD: the file with its includes, extends and references. Its rules are asked for a pipeline of each event.

GitLab hands each job all variables of the project that are not protected; no file can change that. `sees` are those
that a job names, and its tokens.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from . import Job, targets

Document = dict[str, Any]
KEYWORDS = {"include", "stages", "variables", "workflow", "default", "image", "services", "cache"}
NAMES = {"images": "image"}  # what cannot have its name, as GitLab keeps that for itself
SOURCES = {
    "change": ["merge_request_event"],
    "main": ["push"],
    "schedule": ["schedule"],
    "call": ["api", "trigger"],
    "hand": ["web"],
}
# A comparison, and what joins it to the next one. Our rules need no parentheses.
COMPARISON = re.compile(
    r"""\s*\$(?P<name>\w+)\s*
    (?:(?P<operator>==|!=|=~|!~)\s*(?P<other>"[^"]*"|\$\w+|null|/(?:[^/\\]|\\.)*/))?\s*
    (?P<then>&&|\|\||$)""",
    re.VERBOSE,
)
NAMED = re.compile(r"\$\{?(?!CI_|GITLAB_)(?P<name>[A-Z]\w+)")  # a variable that GitLab does not set by itself


class Reference(list[str]):
    """A `!reference [job, key]`."""


class Loader(yaml.SafeLoader):
    """Knows `!reference`, too."""

    def reference(self, node: yaml.SequenceNode) -> Reference:
        return Reference(self.construct_sequence(node))


Loader.add_constructor("!reference", Loader.reference)


def start(project: Path, path: Path, words: list[str]) -> tuple[Path, list[str]]:
    """How ci-runners runs a job: by the file that includes the others, under the name that it has here.

    GitLab hands the project's variables to the jobs of main, too: what is under test must not ask the real registry.
    """
    ours = {stage: name for name, stage in NAMES.items()}
    real = ["--var", "MLFLOW_TRACKING_URI=http://127.0.0.1:9", "--var", "STORAGE__ROOT=s3://real"]
    return project / ".gitlab-ci.yml", [*(ours.get(word, word) for word in words), *real]


def read(project: Path) -> dict[str, Job]:
    """Return the jobs of a project by name."""
    document = whole(project)
    names = jobs(document)
    starts = [(event, found) for event, found in pipelines(document)]
    result: dict[str, Job] = {}
    for name, job in names.items():
        needs = set(needed(job))
        inside = [(event, found) for event, found in starts if name in found]
        result[NAMES.get(name, name)] = Job(
            on={event for event, found in inside if not needs & set(found)},
            after=needs,
            approval=bool(inside) and all(found[name] == "manual" for _, found in inside),
            runs=targets("\n".join(job["script"])),
            minutes=minutes(job.get("timeout", "")),
            sees=_sees(document, job),
        )
    return result


def whole(project: Path) -> Document:
    """The file of a project with all that it includes; extends and references are resolved."""
    root = _load(project / ".gitlab-ci.yml")
    document: Document = {}
    for include in root["include"]:
        paths = sorted(project.glob(include["local"]))
        assert paths, f"{include['local']} includes nothing"
        for path in paths:
            document = _merge(document, _load(path))
    document = _merge(document, root)
    for name in [name for name in document if name not in KEYWORDS]:
        document[name] = _extended(document, name)
    for job in (document[name] for name in document if name not in KEYWORDS):
        for key in ("before_script", "script", "after_script"):
            if key in job:
                job[key] = list(_lines(document, job[key]))
    del document["include"]
    return document


def jobs(document: Document) -> dict[str, Document]:
    """The jobs, without the hidden ones."""
    return {name: job for name, job in document.items() if name not in KEYWORDS and not name.startswith(".")}


def pipelines(document: Document) -> Iterator[tuple[str, dict[str, str]]]:
    """For each event, and each job that it may ask for: the jobs of the pipeline, and when each runs."""
    for event, sources in SOURCES.items():
        for task in ("",) if event in ("change", "main") else jobs(document):
            found = [_pipeline(document, source, task) for source in sources]
            assert all(other == found[0] for other in found), f"TASK={task}: {sources} differ"
            yield event, found[0]


def _pipeline(document: Document, source: str, task: str) -> dict[str, str]:
    variables = {
        name: value["value"] if isinstance(value, dict) else value for name, value in document["variables"].items()
    }
    variables |= {
        "CI_PIPELINE_SOURCE": source,
        "CI_DEFAULT_BRANCH": "main",
        "STORAGE_ROOT": "s3://bucket",
        "ENVIRONMENT": "staging",
        "TASK": task,
    }
    if source != "merge_request_event":
        variables |= {"CI_COMMIT_BRANCH": "main", "CI_COMMIT_REF_PROTECTED": "true"}
    if outcome(document["workflow"]["rules"], variables) == "never":
        return {}
    asked = {name: outcome(job["rules"], variables) for name, job in jobs(document).items()}
    found = {name: when for name, when in asked.items() if when != "never"}
    for name in found:
        missing = {need for need, optional in needed(document[name]).items() if not optional and need not in found}
        assert not missing, f"{source}, TASK={task}: {name} needs {missing}, which the rules leave out"
    return found


def outcome(rules: list[Document], variables: dict[str, str]) -> str:
    """What the first rule that holds says: on_success, manual, never."""
    for rule in rules:
        if holds(rule["if"], variables):
            return str(rule.get("when", "on_success"))
    return "never"


def holds(expression: str, variables: dict[str, str]) -> bool:
    """Whether the `if` of a rule holds."""
    place, either, both = 0, False, True
    while True:
        found = COMPARISON.match(expression, place)
        if found is None:
            raise ValueError(f"cannot read {expression[place:]!r}")
        both = _compare(variables, found) and both
        if found["then"] != "&&":
            either, both = either or both, True
        if not found["then"]:
            return either
        place = found.end()


def _compare(variables: dict[str, str], found: re.Match[str]) -> bool:
    value, operator, other = variables.get(found["name"]), found["operator"], found["other"]
    if operator is None:
        return bool(value)
    if operator in ("=~", "!~"):
        return (value is not None and re.search(other[1:-1], value) is not None) == (operator == "=~")
    right = variables.get(other[1:]) if other.startswith("$") else None if other == "null" else other[1:-1]
    return (value == right) == (operator == "==")


def needed(job: Document) -> dict[str, bool]:
    """The jobs that a job waits for, each with whether it may be missing."""
    needs: list[Any] = job.get("needs", [])
    full: list[Document] = [{"job": need} if isinstance(need, str) else need for need in needs]
    return {need["job"]: bool(need.get("optional")) for need in full}


def minutes(timeout: str) -> int:
    """Return a time limit in minutes; 0 for none."""
    found = re.fullmatch(r"(\d+) minutes", timeout)
    return int(found[1]) if found else 0


def _sees(document: Document, job: Document) -> set[str]:
    given = {name for rule in job["rules"] for name in rule.get("variables", {})} | set(job.get("variables", {}))
    values = [
        *job.get("variables", {}).values(),
        *(v for rule in job["rules"] for v in rule.get("variables", {}).values()),
    ]
    text = "\n".join(map(str, [*values, *job.get("before_script", ()), *job["script"], *job.get("after_script", ())]))
    own = given | set(document["variables"]) | set(re.findall(r"\b([A-Z]\w+)(?:=|:-)", text))
    return {found["name"] for found in NAMED.finditer(text)} - own | {
        key for key in ("id_tokens", "secrets", "environment") if key in job
    }


def _load(path: Path) -> Document:
    document: Document = yaml.load(path.read_text(), Loader)
    return document


def _merge(first: Document, second: Document) -> Document:
    merged = dict(first)
    for key, value in second.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _extended(document: Document, name: str) -> Document:
    job = dict(document[name])
    extends = job.pop("extends", [])
    base: Document = {}
    for other in [extends] if isinstance(extends, str) else extends:
        base = _merge(base, _extended(document, other))
    return _merge(base, job)


def _lines(document: Document, script: Any) -> Iterator[str]:
    if isinstance(script, Reference):
        yield from _lines(document, document[script[0]][script[1]])
    elif isinstance(script, list):
        for line in script:
            yield from _lines(document, line)
    else:
        yield script
