"""Staleness: how old are the model, the newest label and the newest row? Nothing else tells of what does not happen."""

from datetime import UTC, datetime

import polars as pl
from pydantic import Field

from .... import source
from ...columns import Schema
from ...settings import Section
from ..findings import Finding, Measure, judge, too_few
from ..window import Reference, Window

NAME = "staleness"
DAY = 86_400.0


class StalenessSettings(Section, table="staleness"):
    """How old things may get, in days; 0 leaves one out.

    `model_days`: since its training. The schedule retrains each week; five weeks without a better model mean that the
        jobs fail or that the gate stays closed, and the service objectives promise a younger one.
    `label_days`: how far the newest row with a label is behind the newest row. Labels of the sample are known after 45
        days; two weeks more, and a delivery is lost: performance and fairness are measured on the past.
    `data_days`: since the newest row, by the clock. A weekly retraining finds something new when rows arrive within the
        week, and a day of delay is no alarm. Leave it out where time is simulated.
    """

    model_days: float = Field(35.0, ge=0)
    label_days: float = Field(60.0, ge=0)
    data_days: float = Field(8.0, ge=0)


def check(window: Window, reference: Reference) -> Finding:
    """Measure the age of the model, and of what the data source knows."""
    return find(source.load(), reference.schema, reference.model.manifest.trained_at, datetime.now(UTC))


def find(rows: pl.DataFrame, schema: Schema, trained_at: str, now: datetime) -> Finding:
    """Judge by the rows of the data source, the time of the training, and the time of now."""
    settings = StalenessSettings.load()
    age = (now - datetime.fromisoformat(trained_at)).total_seconds() / DAY
    measures = [Measure(subject="days since the training", value=max(age, 0.0), limit=settings.model_days)]
    newest, labelled = _newest(rows, schema), _newest(rows.filter(pl.col(schema.target).is_not_null()), schema)
    if newest and labelled:
        behind = (newest - labelled).total_seconds() / DAY
        measures.append(Measure(subject="days that labels are behind", value=behind, limit=settings.label_days))
    if newest:
        since = (now - newest).total_seconds() / DAY
        measures.append(Measure(subject="days since the newest row", value=max(since, 0.0), limit=settings.data_days))
    finding = judge(
        NAME,
        [measure for measure in measures if measure.limit],
        f"The model is {age:.0f} days old, and labels and rows are as new as they should be.",
        "Too old",
        "Find out which job or which delivery stopped: the retraining, the labels or the rows.",
    )
    if finding.state == "ok" and schema.time and not (newest and labelled):
        return too_few(NAME, 0, 1, "rows with a label")
    return finding


def _newest(rows: pl.DataFrame, schema: Schema) -> datetime | None:
    """The newest time in the table; one without a zone is in UTC, a date is its beginning."""
    if schema.time is None or schema.time not in rows.columns or not rows[schema.time].dtype.is_temporal():
        return None
    found = rows[schema.time].cast(pl.Datetime("us")).max()
    return found.replace(tzinfo=UTC) if isinstance(found, datetime) else None
