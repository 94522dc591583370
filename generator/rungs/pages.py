"""Builds the pages of `docs/` that follow from the catalog."""

from .catalog import NONE, Catalog
from .models import Component, Level, Question, Stage

BUILT = "<!-- Built by `rungs build`: change the component.yaml files, not this page. -->\n"


def options(catalog: Catalog, address: str) -> str:
    """The page of every question and choice."""
    lines = [
        BUILT,
        "# Options\n",
        "Every question, with its values (the default first). Give one with `--data question=value`:\n",
        f"```console\n$ copier copy {address} my-project --data level=pipeline\n```\n",
    ]
    for question in catalog.questions:
        lines.append(f"## `{question.id}`\n")
        lines.append(f"{question.help}.{_asked(question)}\n")
        choices = catalog.choices(question)
        if not choices:
            default = catalog.default(question)
            follows = "follows from the answers before" if "{" in default else f"`{default}`"
            lines.append(f"Text. Default: {follows}.\n")
            continue
        if question.values:
            lines.append(f"Values: {', '.join(f'`{value}`' for value in choices)}.\n")
            continue
        lines += ["| value | what it gives | needs |", "|---|---|---|"]
        lines += [
            f"| `{value}` | {_gives(catalog, question, value)} | {_needs(catalog, question, value)} |"
            for value in choices
        ]
        lines.append("")
    return "\n".join(lines)


def ci(catalog: Catalog, preface: str) -> str:
    """The page that holds the CI systems beside each other: their stages, and what each gives for the same need."""
    systems = catalog.members("ci")
    head = f"| {' | '.join(system.title for system in systems)} |"
    rule = "|---" * len(systems) + "|"
    lines = [BUILT, preface.strip() + "\n", "## Stages\n"]
    lines += ["| stage | from level | started by | Make targets | what it does |", "|---|---|---|---|---|"]
    for stage in catalog.stages:
        targets = " ".join(f"`{target}`" for target in stage.runs)
        lines.append(f"| `{stage.id}` | `{stage.from_level}` | {_starts(stage)} | {targets} | {stage.does} |")
    lines += ["\n## Where each stands\n", f"| stage {head}", f"|---{rule}"]
    for stage in catalog.stages:
        files = " | ".join(f"`{system.stages[stage.id]}`" if stage.id in system.stages else "" for system in systems)
        lines.append(f"| `{stage.id}` | {files} |")
    lines += ["\n## What each gives\n", f"| need {head}", f"|---{rule}"]
    for need in dict.fromkeys(need for system in systems for need in system.means):
        lines.append(f"| {need} | {' | '.join(system.means.get(need, '') for system in systems)} |")
    return "\n".join(lines) + "\n"


def _starts(stage: Stage) -> str:
    words = [*stage.by, *(f"after `{earlier}`" for earlier in stage.after)]
    return ", ".join(words) + (", once approved" if stage.approval else "")


def verification(catalog: Catalog, preface: str) -> str:
    """The page that says how each component is proved."""
    lines = [
        BUILT,
        preface.strip() + "\n",
        "## Component by component\n",
        "| component | how far | what proves it |",
        "|---|---|---|",
    ]
    for component in (catalog.base, *catalog.components):
        lines.append(f"| `{component.name}` | {component.verified.status} | {component.verified.how} |")
    return "\n".join(lines) + "\n"


def _asked(question: Question) -> str:
    return "" if question.from_level is Level.manual else f" Asked from level `{question.from_level}` on."


def _gives(catalog: Catalog, question: Question, value: str) -> str:
    if question.levels:
        return Level(value).summary
    component = catalog.component(question.kind, value) if question.kind else None
    if component is None:
        return "Nothing: the kind is left out." if value == NONE else "Part of every project."
    title = f"[{component.title}]({component.docs})" if component.docs else component.title
    return f"{title}. {component.summary}"


def _needs(catalog: Catalog, question: Question, value: str) -> str:
    component = catalog.component(question.kind, value) if question.kind else None
    return "; ".join(rules(catalog, component)) if component else ""


def rules(catalog: Catalog, component: Component) -> list[str]:
    """What a component requires and what it clashes with, each with its reason."""
    found = [f"level {component.from_level} or higher"] if component.from_level is not Level.manual else []
    found += [f"{catalog.kinds[rule.kind].id}={rule.id}, because {rule.because}" for rule in component.requires]
    found += [f"not {catalog.kinds[rule.kind].id}={rule.id}, because {rule.because}" for rule in component.clashes]
    return found
