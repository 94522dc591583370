"""Where rows come from. Yours: return your own data from `load`, see docs/your-data.md."""

import polars as pl

from . import simulator
from .ops import storage
from .ops.settings import Section


class SourceSettings(Section, table="source"):
    """Where applications and their labels land: below storage.root unless it says otherwise."""

    url: str = ""
    labels_url: str = ""
    simulate: bool = True

    @property
    def applications(self) -> str:
        """The files of applications."""
        return self.url or storage.url("landing", "applications", "*.parquet")

    @property
    def labels(self) -> str:
        """The files of labels: `application_id`, `defaulted`, and `known_at`."""
        return self.labels_url or storage.url("landing", "labels", "*.parquet")


def load() -> pl.DataFrame:
    """Return all rows. The target is null where it was not known yet at the newest application."""
    settings = SourceSettings.load()
    if settings.simulate and not storage.glob(settings.applications):
        simulator.write_history(settings.applications, settings.labels)
    rows = storage.read_tables(settings.applications)
    labels = storage.read_tables(settings.labels)
    now = rows["applied_at"].max()
    known = labels.filter(pl.col("known_at") <= now).select("application_id", "defaulted")
    return rows.join(known, on="application_id", how="left", maintain_order="left")
