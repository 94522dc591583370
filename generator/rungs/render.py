"""Renders projects through Copier's API, and turns its errors into sentences."""

import difflib
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import copier
import yaml
from copier._main import Worker
from copier.errors import CopierAnswersInterrupt, CopierError, DirtyLocalWarning
from jinja2 import Environment
from plumbum import ProcessExecutionError

from . import places
from .catalog import Catalog
from .errors import RungsError

ANSWERS = ".copier-answers.yml"


def parse_answers(catalog: Catalog, pairs: tuple[str, ...]) -> dict[str, str]:
    """Turn `key=value` words into answers. Raises RungsError for an unknown key, with the nearest right one."""
    known = [question.id for question in catalog.questions]
    answers = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise RungsError(f"`{pair}` is not an answer: write it as key=value, such as level=pipeline.")
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"the questions are {', '.join(known)}."
            raise RungsError(f"There is no question `{key}`: {hint}")
        answers[key] = value
    return answers


def new(source: str, target: Path, answers: Mapping[str, str], *, ask: bool, ref: str | None, quiet: bool) -> None:
    """Render a project into a folder that is empty or does not exist yet; an error leaves nothing behind.

    `ask` puts the questions that `answers` leaves open; otherwise they take their defaults. `ref` is a git reference
    of the template; None is its newest release.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise RungsError(
            f"{target} is there already and not empty: choose another folder, or use `copier update` in it."
        )
    with _sentences():
        copier.run_copy(source, target, data=dict(answers), defaults=not ask, vcs_ref=ref, quiet=quiet)


@cache
def hurry() -> None:
    """From now on let this process render in a third of the CPU time. For one that renders and does nothing else.

    Equal Jinja texts are compiled once: what a text compiles to follows from it and from the options. And git is not
    asked at each file whether it heeds modes (`core.fileMode`), which changes nothing where it tracks none of them.
    """
    original = Environment.compile
    known: dict[Any, Any] = {}

    def compile(self: Environment, source: Any, *arguments: Any, **options: Any) -> Any:
        if not isinstance(source, str):
            return original(self, source, *arguments, **options)
        environment = (type(self), self.lexer, *self.extensions)  # equal options share a lexer
        key = (environment, source, arguments, *options.items())
        if key not in known:
            known[key] = original(self, source, *arguments, **options)
        return known[key]

    Environment.compile = compile  # type: ignore[method-assign]
    Worker._sync_git_index_executable_bit = lambda *_: None  # type: ignore[method-assign]


def again(target: Path, changes: Mapping[str, str], *, ask: bool) -> None:
    """Render a project anew from the answers that it holds, some of them changed. `ask` puts questions that are new."""
    with _sentences():
        copier.run_recopy(target, data=dict(changes), defaults=not ask, overwrite=True, quiet=True, skip_answered=True)


@contextmanager
def rendered(answers: Mapping[str, str]) -> Iterator[Path]:
    """Render answers (the rest takes defaults) into a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="rungs-") as folder:
        target = Path(folder) / "project"
        plain = Path(folder) / "template"  # outside git, so that Copier renders what lies there and makes no clone
        plain.mkdir()
        shutil.copy(places.root() / "copier.yml", plain)
        shutil.copytree(places.root() / "template", plain / "template", symlinks=True)  # Copier refuses a link
        with _sentences():
            copier.run_copy(str(plain), target, data=dict(answers), defaults=True, quiet=True)
        yield target


def saved_answers(project: Path) -> dict[str, str]:
    """Read the answers of a rendered project, without Copier's own keys."""
    path = project / ANSWERS
    try:
        return answers_in(path.read_text(), str(path))
    except FileNotFoundError as error:
        raise RungsError(f"{project} holds no {ANSWERS}: give the folder of a project that Rungs rendered.") from error
    except UnicodeDecodeError as error:
        raise RungsError(f"{path} is not valid YAML: take it back from git.") from error


def answers_in(text: str, name: str) -> dict[str, str]:
    """Read the answers in an answers file called `name`, without Copier's own keys."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RungsError(f"{name} is not valid YAML: take it back from git.") from error
    if not isinstance(content, dict):
        raise RungsError(f"{name} holds no answers: take it back from git.")
    return {key: value for key, value in content.items() if not key.startswith("_") and key != "answers_format"}


@contextmanager
def _sentences() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DirtyLocalWarning)
            yield
    except CopierAnswersInterrupt as error:
        raise RungsError("Stopped before the last question: nothing was written.") from error
    except ValueError as error:
        text = str(error)
        found = re.match(r"(?:Validation error for question|Invalid choice for) '(\w+)': (.*)", text, re.DOTALL)
        sentence = f"{found[1]}: {found[2].strip()}" if found else f"Copier could not render the project: {text}"
        raise RungsError(sentence if sentence.endswith((".", "?")) else f"{sentence}.") from error
    except CopierError as error:
        raise RungsError(f"Copier could not render the project: {error}") from error
    except ProcessExecutionError as error:
        said = str(error.stderr).strip().splitlines() or [str(error)]
        raise RungsError(f"git could not fetch the template ({said[-1]}): check its address and network.") from error
