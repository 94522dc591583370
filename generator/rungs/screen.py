"""What the commands of `rungs` share: where they print, that something goes on, and one sentence for an error."""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import ParamSpec

from rich.console import Console

from . import catalog as catalogs
from . import places
from .catalog import Catalog
from .errors import RungsError

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
Parameters = ParamSpec("Parameters")
Option = Callable[[Callable[..., None]], Callable[..., None]]


def busy(text: str) -> AbstractContextManager[object]:
    """Show that something goes on, on a terminal; say it once elsewhere."""
    if err.is_terminal:
        return err.status(text)
    err.print(text)
    return nullcontext()


def sentence(command: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Turn a RungsError into one sentence and exit status 2."""

    @wraps(command)
    def wrapped(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except RungsError as error:
            err.print(f"rungs: {error}", markup=False, soft_wrap=True)
            sys.exit(2)

    return wrapped


def options_of(options: Sequence[Option]) -> Option:
    """Return a decorator that gives a command several options, in this order in its help."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def catalog() -> Catalog:
    """Read the catalog that this version of Rungs knows."""
    return catalogs.load(places.root())
