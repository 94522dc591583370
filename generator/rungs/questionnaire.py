"""Builds `copier.yml` from the catalog: questions with their reasons, and the lists that decide which files come."""

import io
import json
from pathlib import PurePosixPath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import LiteralScalarString

from . import ownership, places, reserved
from .catalog import Catalog
from .models import Component, Level, Question, Rule
from .ownership import NEVER

HEADER = "Built by `rungs build` from the files in template/: change those, not this one."
FORMAT = "answers_format"
MINIMUM_COPIER = "9.19.1"
# Never change these two lines: an update filters the old version's render with them as well. What a version lacks, and
# which seeds a project has already, is computed in `absent` and `owned`.
EXCLUDE_ABSENT = "{{ absent | default([]) | join('\\n') }}"
EXCLUDE_OWNED = "{% if _copier_operation == 'update' %}{{ owned | default([]) | join('\\n') }}{% endif %}"
AFTER_COPY = """
{{ project_name }} is ready, at level {{ level }}. Next:

    cd {{ _copier_conf.dst_path }}
    make setup    # an environment of its own, locked
    make demo     # the whole level on this machine, on simulated data
    make help     # every command

Commit it to git before you change anything: `copier update` needs that to keep your lines.
"""


def build(catalog: Catalog) -> str:
    """Return the text of `copier.yml`: equal catalogs give equal text."""
    document = CommentedMap()
    document.yaml_set_start_comment(HEADER)
    document["_min_copier_version"] = MINIMUM_COPIER
    document["_subdirectory"] = "template"
    document["_templates_suffix"] = ".jinja"
    document["_envops"] = {"undefined": "jinja2.StrictUndefined"}
    document["_external_data"] = {"previous": ".copier-answers.yml"}
    document["_exclude"] = [*NEVER, EXCLUDE_ABSENT, EXCLUDE_OWNED]
    document["_skip_if_exists"] = sorted(seed for c in _everyone(catalog) for seed in c.seeds)
    document["_message_after_copy"] = LiteralScalarString(AFTER_COPY.lstrip())
    document["previous"] = _hidden("yaml", _previous())
    for question in catalog.questions:
        document[question.id] = _question(catalog, question)
    for level in list(Level)[1:]:
        document[f"at_{level}"] = _hidden("bool", f"{{{{ level in {_list(list(Level)[level.rank :])} }}}}")
    document["part_folders"] = _hidden("yaml", _part_folders(catalog))
    document["absent"] = _hidden("yaml", _absent(catalog))
    document["owned"] = _hidden("yaml", _owned(catalog))
    document["bounds"] = _hidden("yaml", _list(sorted({b for c in _everyone(catalog) for b in c.bounds})))
    document["rungs_package"] = _hidden("str", places.package())
    document[FORMAT] = {"type": "int", "default": 1, "ask": False}
    for key in list(document)[8:]:
        document.yaml_set_comment_before_after_key(key, before="\n")
    stream = io.StringIO()
    yaml = YAML()
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(document, stream)
    return stream.getvalue()


def _question(catalog: Catalog, question: Question) -> dict[str, Any]:
    result: dict[str, Any] = {"type": "str", "help": question.help, "default": catalog.default(question)}
    choices = catalog.choices(question)
    if choices:
        result["choices"] = {_title(catalog, question, value): _choice(catalog, question, value) for value in choices}
        if len(choices) == 1:
            result["ask"] = False
    else:
        result["validator"] = LiteralScalarString(_text_validator(catalog, question))
    if question.from_level is not Level.manual:
        result["when"] = f"{{{{ level in {_list(list(Level)[question.from_level.rank :])} }}}}"
    return result


def _title(catalog: Catalog, question: Question, value: str) -> str:
    if question.levels:
        return f"{value} - {Level(value).summary}"
    component = catalog.component(question.kind, value) if question.kind else None
    return f"{component.title} - {component.summary}" if component else value


def _choice(catalog: Catalog, question: Question, value: str) -> dict[str, str]:
    refusals = _refusals(catalog, question, value)
    if not refusals:
        return {"value": value}
    branches = "".join(
        f"{{% {'elif' if position else 'if'} {condition} %}}{sentence}"
        for position, (condition, sentence) in enumerate(refusals)
    )
    return {"value": value, "validator": f"{branches}{{% endif %}}"}


def _refusals(catalog: Catalog, question: Question, value: str) -> list[tuple[str, str]]:
    """Pairs of a Jinja condition and the sentence that is shown when it holds."""
    if question.levels:
        higher = _list(list(Level)[Level(value).rank + 1 :])
        if value == list(Level)[-1]:
            return []
        return [
            (
                f"previous.level | default('') in {higher} and not (allow_down | default(false))",
                f"this project is at level {{{{ previous.level }}}}; going down to {value} deletes files that you may"
                " have edited. Save them to a branch, then give --data allow_down=true",
            )
        ]
    if not question.kind:
        return []
    result: list[tuple[str, str]] = []
    component = catalog.component(question.kind, value)
    if component and component.retired:
        # A project that has it keeps it; the helper renders of an update, too, which get every answer as data.
        new = f"'{FORMAT}' not in _copier_conf.data and previous.{question.id} | default('') != '{value}'"
        result.append((new, f"retired, for projects that have it already: {component.retired}"))
    earlier = [q for q in catalog.questions[: catalog.questions.index(question)] if q.kind]
    for other in earlier:
        for member in catalog.members(other.kind):
            chosen = _chosen(catalog, member)
            for rule in member.requires:
                if rule.kind == question.kind and rule.id != value:
                    result.append((chosen, f"because of {other.id}={member.id}: {rule.because}. Choose {rule.id}"))
            for rule in member.clashes:
                if rule.kind == question.kind and rule.id == value:
                    result.append((chosen, f"not with {other.id}={member.id}: {rule.because}. Choose another"))
    for rule in component.requires if component else ():
        if (other := catalog.kinds[rule.kind]) in earlier:
            result.append((_not(_answer_is(catalog, rule)), f"needs {other.id}={rule.id}: {rule.because}"))
    for rule in component.clashes if component else ():
        if (other := catalog.kinds[rule.kind]) in earlier:
            result.append((_answer_is(catalog, rule), f"not with {other.id}={rule.id}: {rule.because}. Choose another"))
    if component and component.from_level.rank > question.from_level.rank:
        result.append(
            (
                f"level not in {_list(list(Level)[component.from_level.rank :])}",
                f"comes with level {component.from_level}: choose that level, or another {question.id}",
            )
        )
    return result


def _text_validator(catalog: Catalog, question: Question) -> str:
    """Jinja that gives the reason for a refusal, or nothing."""
    name = question.id
    if question.line:
        return (
            f"{{% if not {name} | trim %}}Write a few words: it stands in the README and in pyproject.toml.\n"
            f"{{%- elif {name} | length > {question.line} %}}Use at most {question.line} characters.\n"
            f"{{%- elif {name} | regex_search('[\\x00-\\x1f\\x7f\\u2028\\u2029\"\\\\\\\\<>`{{}}$]') %}}"
            'Use plain text on one line, without any of " \\ < > ` { } $.\n'
            "{%- endif %}"
        )
    separator, example = ("-", "credit-risk") if question.name else ("_", "credit_risk")
    word = {"-": "hyphens", "_": "underscores"}[separator]
    taken = _list(reserved.names(catalog))
    return (
        f"{{% if {name} | length > 40 %}}Use at most 40 characters: buckets and roles of clouds are named after it.\n"
        f"{{%- elif not ({name} | regex_search('\\\\A[a-z][a-z0-9]*({separator}[a-z0-9]+)*\\\\Z')) %}}"
        f"Use lower-case letters, digits and single {word} between them, starting with a letter, such as {example}.\n"
        f"{{%- elif {name} | replace('_', '-') in {taken} %}}"
        f"{{{{ {name} }}}} is taken (by Python, a library, a component or a folder of the project): add a word, such as"
        f" my{separator}{{{{ {name} }}}}.\n"
        "{%- endif %}"
    )


def _previous() -> str:
    # Only a user's own run in a project reads its answers file. Copier's helper renders during an update get every
    # answer as data and have no file yet; neither has a first copy: reading it there would only print a warning.
    return (
        f"{{% if {FORMAT} is defined and '{FORMAT}' not in _copier_conf.data %}}"
        "{{ _external_data.previous | tojson }}{% else %}{}{% endif %}"
    )


def _part_folders(catalog: Catalog) -> Any:
    items = []
    for component in _everyone(catalog):
        folder = f"template{component.folder}/_component"
        for level in Level:
            place = folder if level is Level.manual else f"{folder}/{level}"
            items.append((_and(_chosen(catalog, component), _at(level)), [place]))
    return _conditional(items)


def _absent(catalog: Catalog) -> Any:
    items: list[tuple[str, list[str]]] = []
    for component in _everyone(catalog):
        chosen = _chosen(catalog, component)
        claimed = [_clean(path) for paths in component.claims.values() for path in paths]
        if chosen:
            items.append((_not(chosen), [component.folder, *claimed]))
        for level, paths in component.claims.items():
            if level.rank > catalog.starts(component).rank:
                items.append((_not(_at(level)), [_clean(path) for path in paths]))
    items += _empty_folders(catalog)
    return _conditional(items)


def _empty_folders(catalog: Catalog) -> list[tuple[str, list[str]]]:
    """Folders that would be left with no file in them, each with the condition under which that is so."""
    reasons: dict[str, set[str]] = {folder: set() for folder in ownership.folders(catalog.root / "template")}
    for owned in ownership.owners(catalog):
        present = _and(_chosen(catalog, owned.owner), _at(owned.level))
        for parent in PurePosixPath(owned.path).parents[:-1]:
            reasons[parent.as_posix()].add(present)
    groups: dict[str, list[str]] = {}
    for folder, conditions in sorted(reasons.items()):
        least = sorted(c for c in conditions if not any(c.startswith(f"{other} and ") for other in conditions))
        if "" in least or reasons.get(str(PurePosixPath(folder).parent)) == conditions:
            continue  # something stands in it in any case, or the folder above says it all
        absent = _not(" or ".join(f"({condition})" for condition in least)) if least else ""
        groups.setdefault(absent, []).append("/" + folder.replace(ownership.PACKAGE, "*"))
    return list(groups.items())


def _owned(catalog: Catalog) -> Any:
    """Seeds that the project has already had: an update leaves them alone, even when the user has deleted them."""
    items = []
    for component in _everyone(catalog):
        for seed in component.seeds:
            levels = [level for level, paths in component.claims.items() if seed in paths]
            level = max([catalog.starts(component), *levels], key=lambda item: item.rank)
            before = f"(previous.level if previous else level) in {_list(list(Level)[level.rank :])}"
            if component.kind:
                answer = catalog.kinds[component.kind].id
                before += f" and (previous.{answer} | default('') if previous else {answer}) == '{component.id}'"
            items.append((before, [_clean(seed)]))
    return _conditional(items)


def _chosen(catalog: Catalog, component: Component) -> str:
    """Condition under which a component is part of the project. Empty: always."""
    if not component.kind:
        return ""
    return _and(_answer_is(catalog, component), _at(catalog.starts(component)))


def _answer_is(catalog: Catalog, target: Component | Rule) -> str:
    return f"{catalog.kinds[target.kind].id} == '{target.id}'"


def _at(level: Level) -> str:
    return "" if level is Level.manual else f"level in {_list(list(Level)[level.rank :])}"


def _conditional(items: list[tuple[str, list[str]]]) -> Any:
    """A YAML list whose lines come under a condition each."""
    lines = ["["]
    for condition, values in items:
        text = ", ".join(json.dumps(value) for value in dict.fromkeys(values) if value)
        if text:
            lines.append(f"{{% if {condition} %}}{text},{{% endif %}}" if condition else f"{text},")
    return LiteralScalarString("\n".join([*lines, "]"]) + "\n")


def _hidden(kind: str, default: Any) -> dict[str, Any]:
    return {"type": kind, "when": False, "default": default}


def _everyone(catalog: Catalog) -> tuple[Component, ...]:
    return (catalog.base, *catalog.components)


def _and(*conditions: str) -> str:
    return " and ".join(dict.fromkeys(condition for condition in conditions if condition))


def _not(condition: str) -> str:
    return f"not ({condition})"


def _clean(pattern: str) -> str:
    return pattern.rstrip("/")  # with a trailing slash Copier leaves the empty folder


def _list(values: Any) -> str:
    return json.dumps([str(value) for value in values])
