"""Jenkins: every stage of every Jenkinsfile that calls make, by a reader of declarative pipelines.

What starts a job stands in its file, and where the file lies says what kind of job it is: `Jenkinsfile` and those in
`changes/` are for multibranch pipelines, which changes and main start; those in other folders are for jobs that people
start, too. To build a commit again by hand is no event of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import Job, targets

QUOTED = r"'''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\""
TEXT = re.compile(rf"{QUOTED}|//[^\n]*|/\*.*?\*/", re.DOTALL)
SHELL = re.compile(rf"\bsh\b\s*\(?(?:script:\s*)?(?P<text>{QUOTED})", re.DOTALL)
GIVEN = re.compile(r"\bcredentials\('([^']+)'\)|\bcredentialsId: *['\"]([^'\"]+)['\"]|\blabel '(operations)\b")
UNITS = {"MINUTES": 1, "HOURS": 60, "DAYS": 24 * 60}
CAUSES = {"TimerTrigger": "schedule", "GenericCause": "call", "UserIdCause": "hand", "SCMTrigger": "main"}


@dataclass(frozen=True)
class Code:
    """A piece of a Jenkinsfile, and the same piece with texts and comments blanked."""

    text: str
    bare: str

    def blocks(self) -> Iterator[tuple[str, "Code"]]:
        """What stands in this piece as `head { body }`, one after another."""
        position = start = 0
        while match := re.compile(r"[{\n]").search(self.bare, position):
            position = match.end()
            if match[0] == "\n":
                start = position
                continue
            depth = 1
            while depth:
                depth += {"{": 1, "}": -1}.get(self.bare[position], 0)
                position += 1
            body = slice(match.end(), position - 1)
            yield self.text[start : match.start()].strip(), Code(self.text[body], self.bare[body])
            start = position

    def block(self, name: str) -> "Code":
        return next((body for head, body in self.blocks() if head == name), Code("", ""))

    def stages(self, parallel: bool = False) -> Iterator["Stage"]:
        """Each stage that has steps, in order."""
        done: list[Stage] = []
        for head, body in self.blocks():
            if found := re.fullmatch(r"stage\('([^']+)'\)", head):
                inner = [*body.block("stages").stages(), *body.block("parallel").stages(parallel=True)]
                if body.block("steps").text:
                    inner = [Stage(found[1], body, ())]
                for stage in inner:
                    yield Stage(stage.name, stage.code, (*done, *stage.before))
                done += [] if parallel else inner


@dataclass(frozen=True)
class Stage:
    """A stage with steps, and those that are done when it starts."""

    name: str
    code: Code
    before: tuple["Stage", ...]

    @property
    def script(self) -> str:
        found = [match["text"] for match in SHELL.finditer(self.code.block("steps").text)]
        return "\n".join(text[3:-3] if text[:3] in ("'''", '"""') else text[1:-1] for text in found)


def code(text: str) -> Code:
    """Return what is in `pipeline { }` of a Jenkinsfile."""
    whole = Code(text, TEXT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text))
    return whole.block("pipeline")


# What ci-runners says of what a job of a change leaves behind.
KEEPS = {"check": "test results artifacts/tests/junit.xml: 1 files", "sample": "### Gate"}


def read(project: Path) -> dict[str, Job]:
    """Return the stages of a project by name."""
    jobs: dict[str, Job] = {}
    multibranch = (project, project / "ci/jenkins/changes")
    for path in (project / "Jenkinsfile", *sorted((project / "ci/jenkins").glob("*/*.Jenkinsfile"))):
        pipeline = code(path.read_text())
        triggers = pipeline.block("triggers").text
        starts = _starts(path.parent not in multibranch, triggers)
        follows = re.search(r"\bupstream\(upstreamProjects: '([^']+)'", triggers)
        for stage in pipeline.block("stages").stages():
            before = {earlier.name for earlier in stage.before if earlier.script}
            starting = {event for event in starts if _may(stage.code.block("when"), event) is not False}
            if stage.script:
                jobs[stage.name] = Job(
                    on=set() if before else starting,
                    after=before or set(re.split(r",\s*", follows[1]) if follows else ()),
                    approval=any(_asks(earlier.code) for earlier in stage.before),
                    runs=targets(stage.script),
                    minutes=_minutes(stage.code) or _minutes(pipeline),
                    sees={given for part in (pipeline.block("environment"), stage.code) for given in _given(part)},
                )
    return jobs


def _asks(code: Code) -> bool:
    """Whether a stage waits for somebody who may approve."""
    return bool(re.search(r"\binput\s*[({]", code.bare)) and re.search(r"\bsubmitter\b", code.bare) is not None


def _starts(by_hand: bool, triggers: str) -> set[str]:
    """The events that start a job. One that follows the repository has main; `cron` may hold for some branches only."""
    found = {event for word, event in (("cron(", "schedule"), ("GenericTrigger(", "call")) if word in triggers}
    if not by_hand:
        return found | {"change", "main"}
    return found | ({"main"} if "pollSCM(" in triggers else {"hand"})


def _may(condition: Code, event: str, every: bool = True) -> bool | None:
    """Whether a stage may run on an event: what an expression gives is not known (None)."""
    answers: list[bool | None] = []
    outermost = condition.text
    for _, body in condition.blocks():
        outermost = outermost.replace(body.text, "", 1)
    for line in re.findall(r"^\s*(\w+(?: '[^']*'|\(\)))\s*$", outermost, re.MULTILINE):
        name, _, value = line.partition(" ")
        value = value.strip("'")
        if name == "triggeredBy":
            answers.append(CAUSES[value] == event)
        elif name == "branch":
            answers.append(event != "change" and value == "main")
        elif name == "changeRequest()":
            answers.append(event == "change")
    for head, body in condition.blocks():
        if head in ("allOf", "anyOf", "not"):
            answer = _may(body, event, head != "anyOf")
            answers.append(answer if head != "not" or answer is None else not answer)
        else:
            answers.append(None)
    decisive = not every
    if decisive in answers:
        return decisive
    return None if None in answers else every


def _minutes(code: Code) -> int:
    found = re.search(r"\btimeout\(time: (\d+), unit: '(\w+)'\)", code.block("options").text)
    return int(found[1]) * UNITS[found[2]] if found else 0


def _given(part: Code) -> Iterator[str]:
    for match in GIVEN.finditer(part.text):
        yield next(filter(None, match.groups()))
