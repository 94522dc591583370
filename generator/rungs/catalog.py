"""Reads the catalog: the questions and every component under `template/`."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from .errors import RungsError
from .models import Component, Level, Question, Stage

NONE = "none"
Entry = TypeVar("Entry", bound=BaseModel)


class Catalog(BaseModel):
    """All that the template offers, in the order in which it is asked and stitched."""

    model_config = ConfigDict(frozen=True)

    root: Path
    base: Component
    questions: tuple[Question, ...]
    components: tuple[Component, ...]
    stages: tuple[Stage, ...] = ()

    @cached_property
    def kinds(self) -> dict[str, Question]:
        """The question of each kind, in order."""
        return {question.kind: question for question in self.questions if question.kind}

    def members(self, kind: str) -> tuple[Component, ...]:
        """Components of a kind, the default first."""
        return tuple(component for component in self.components if component.kind == kind)

    def choices(self, question: Question) -> tuple[str, ...]:
        """The values that a question takes, the default first. Empty for free text."""
        if question.levels:
            return tuple(level.value for level in Level)
        if question.values:
            return question.values
        if not question.kind:
            return ()
        ids = tuple(component.id for component in self.members(question.kind))
        ids += (question.built_in,) if question.built_in else ()
        return ids + ((NONE,) if question.optional else ())

    def default(self, question: Question) -> str:
        """The default of a question: Jinja for a name that follows from another."""
        return question.default or self.choices(question)[0]

    def component(self, kind: str, id: str) -> Component | None:
        """Return a component, or None for a choice that has no folder (`none`, a built-in)."""
        return next((c for c in self.members(kind) if c.id == id), None)

    def starts(self, component: Component) -> Level:
        """The lowest level at which a component can be part of a project."""
        if not component.kind:
            return Level.manual
        return max(component.from_level, self.kinds[component.kind].from_level, key=lambda level: level.rank)


def load(root: Path) -> Catalog:
    """Read `root/template`. Raises RungsError, naming the file, for anything that is wrong with a description."""
    template = root / "template"
    base = _component(template / "_component/component.yaml", "", "")
    questions = _entries(template / "_component/questions.yaml", Question)
    stages = _entries(template / "_component/stages.yaml", Stage)
    components: list[Component] = []
    for question in questions:
        if question.kind:
            found = [_component(path, question.kind, path.parts[-3]) for path in _files(template, question.kind)]
            components += sorted(found, key=lambda c: (not c.default, c.id))
    known = {question.kind for question in questions if question.kind}
    for path in sorted(template.glob("*/*/_component/component.yaml")):
        if path.parts[-4] not in known:
            raise RungsError(
                f"{path.relative_to(root)}: no question has kind `{path.parts[-4]}`; add it to questions.yaml."
            )
    return Catalog(root=root, base=base, questions=questions, components=tuple(components), stages=stages)


def _entries(path: Path, model: type[Entry]) -> tuple[Entry, ...]:
    try:
        return tuple(model.model_validate(item) for item in _yaml(path))
    except ValidationError as error:
        raise RungsError(_first(path, error)) from error


def _files(template: Path, kind: str) -> Iterator[Path]:
    yield from sorted((template / kind).glob("*/_component/component.yaml"))


def _component(path: Path, kind: str, id: str) -> Component:
    try:
        return Component.model_validate({**_yaml(path), "kind": kind, "id": id})
    except ValidationError as error:
        raise RungsError(_first(path, error)) from error


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text())
    except FileNotFoundError as error:
        raise RungsError(f"{path} is missing: every component folder needs it.") from error
    except yaml.YAMLError as error:
        raise RungsError(f"{path} is not valid YAML: {str(error).splitlines()[0]}.") from error


def _first(path: Path, error: ValidationError) -> str:
    detail = error.errors()[0]
    place = ".".join(map(str, detail["loc"])) or "the file"
    return f"{path}: {place}: {detail['msg']}."
