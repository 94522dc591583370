"""Who scores a request, where more than one model is in service: a module here gives `open_router(...) -> Router`."""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from ..loading import Loader, Model
from ..sinks import Service


class Scored(NamedTuple):
    """The score of one row, and the model that gave it; `cpu_ms` is the CPU time of that, where it was measured."""

    model: Model
    score: float
    role: str = "champion"
    cpu_ms: float | None = None


Record = Callable[[str, Any, Scored, float], None]


class Router(Protocol):
    """Chooses a model for each row. `active` is false while there is nothing to choose from."""

    active: bool

    async def scores(self, champion: Model, rows: Sequence[Any], names: Sequence[str]) -> list[Scored]:
        """Score rows, each with the model that is to answer it. `names` are the ids of their predictions."""

    def refresh(self) -> None:
        """Look what is to be tried. Blocks while a model loads; never raises."""

    def close(self) -> None:
        """End what runs beside the event loop."""


def open_router(service: Service, loader: Loader, record: Record) -> Router | None:
    """Open the router of the module in this folder; there is none where one model serves.

    `record` logs a score that answers no request: id, row, score, milliseconds.
    """
    for module in pkgutil.iter_modules(__path__):
        opened: Router = importlib.import_module(f"{__name__}.{module.name}").open_router(service, loader, record)
        return opened
    return None
