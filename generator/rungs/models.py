"""What the catalog is made of: levels, questions, components and the rules between them."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Level(StrEnum):
    """The maturity levels, lowest first."""

    manual = "manual"
    pipeline = "pipeline"
    continuous = "continuous"

    @property
    def rank(self) -> int:
        """Position on the ladder: 0 is the lowest."""
        return list(Level).index(self)

    @property
    def summary(self) -> str:
        """One sentence for the prompt and the docs."""
        return {
            "manual": "A team's first model: every step is one command that a person runs.",
            "pipeline": "New data arrives, the idea stays: an orchestrated pipeline retrains behind a gate.",
            "continuous": "Many models: alerts start retraining, releases go through staging and can be rolled back.",
        }[self.value]

    @property
    def asks(self) -> str:
        """What the level asks of the team, beyond the level below."""
        return {
            "manual": "one person who runs each step and reads its report.",
            "pipeline": "an owner of the pipeline, who decides on new versions and answers the alerts of the checks;"
            " a place for data versions and for the tracker.",
            "continuous": "people on call for the service objectives; labels that come back; environments for staging"
            " and production, with approvers; a yearly look at the limits of gate, delivery and budgets.",
        }[self.value]

    @property
    def cost(self) -> str:
        """What the level costs in a cloud, as a class."""
        return {
            "manual": "one small container and a bucket; nothing on a laptop.",
            "pipeline": "the service, a tracking server, and training for minutes a day.",
            "continuous": "three environments of that, monitoring around the clock, a retraining whenever one is due.",
        }[self.value]


class Frozen(BaseModel):
    """Base of all models: immutable, no unknown field."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Event(StrEnum):
    """What starts a stage of CI."""

    change = "change"
    main = "main"
    schedule = "schedule"
    call = "call"
    hand = "hand"


class Stage(Frozen):
    """A stage of CI, the same in each CI system: what starts it, and the Make targets that it calls."""

    id: str
    does: str = Field(min_length=10)
    from_level: Level = Field(default=Level.manual, alias="from")
    by: tuple[Event, ...] = ()
    after: tuple[str, ...] = ()
    approval: bool = False
    runs: tuple[str, ...] = Field(min_length=1)


class Rule(Frozen):
    """Why two components belong together, or may not meet."""

    kind: str
    id: str
    because: str = Field(min_length=10)


class Verified(Frozen):
    """How a component is proved: run for real, held against a true schema, or only parsed."""

    status: Literal["executed", "validated", "parsed"]
    how: str = Field(min_length=20)


class Component(Frozen):
    """One folder of the template: `template/<kind>/<id>/`, described by its `_component/component.yaml`.

    A CI system says in `stages` in which file each stage stands, and in `means` what it gives for each need.
    """

    kind: str = ""
    id: str = ""
    title: str
    summary: str
    docs: str = ""
    default: bool = False
    from_level: Level = Field(default=Level.manual, alias="from")
    requires: tuple[Rule, ...] = ()
    clashes: tuple[Rule, ...] = ()
    claims: dict[Level, tuple[str, ...]] = {}
    seeds: tuple[str, ...] = ()
    bounds: tuple[str, ...] = ()
    stages: dict[str, str] = {}
    means: dict[str, str] = {}
    verified: Verified
    retired: str = ""

    @property
    def folder(self) -> str:
        """Folder of the component in a rendered project, such as `/serving/fastapi`. The base has none."""
        return f"/{self.kind}/{self.id}" if self.kind else ""

    @property
    def name(self) -> str:
        """Name for messages, such as `serving/fastapi`."""
        return f"{self.kind}/{self.id}" if self.kind else "base"

    @model_validator(mode="after")
    def _a_default_is_not_retired(self) -> "Component":
        if self.retired and self.default:
            raise ValueError("what is retired cannot be the default: choose another default first")
        return self

    @model_validator(mode="after")
    def _paths_are_anchored(self) -> "Component":
        for pattern in (*self.seeds, *(path for paths in self.claims.values() for path in paths)):
            if not pattern.startswith("/") or ".." in pattern:
                raise ValueError(f"`{pattern}` must start with / and hold no `..`: bare names match anywhere")
        return self


class Question(Frozen):
    """One question. Exactly one of `name`, `package`, `line`, `values`, `levels` and `kind` says what it takes."""

    id: str
    help: str
    default: str = ""
    name: bool = False
    package: bool = False
    line: int = 0
    values: tuple[str, ...] = ()
    levels: bool = False
    kind: str = ""
    from_level: Level = Field(default=Level.manual, alias="from")
    optional: bool = False
    built_in: str = ""

    @model_validator(mode="after")
    def _one_form(self) -> "Question":
        forms = (self.name, self.package, self.line, self.values, self.levels, self.kind)
        if sum(map(bool, forms)) != 1:
            raise ValueError(f"question `{self.id}` must have exactly one form")
        return self
