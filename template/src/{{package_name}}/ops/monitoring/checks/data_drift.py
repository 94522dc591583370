"""Data drift: features whose values are spread otherwise than when the model was released."""

from .. import bins
from ..drift import psi_of
from ..findings import Finding, judge, too_few
from ..settings import MonitoringSettings
from ..window import Reference, Window

NAME = "data_drift"
COUNTS = (bins.features,)


def check(window: Window, reference: Reference) -> Finding:
    """Measure the PSI of each feature, derived ones too, against the profile of the model."""
    settings = MonitoringSettings.load()
    if len(window) < settings.minimum_rows:
        return too_few(NAME, len(window), settings.minimum_rows)
    counted = window.counts(bins.features, reference).columns
    columns = reference.profile.features
    chance = settings.false_alarms / len(columns)
    measures = [
        measure
        for column, rows in zip(columns, counted, strict=True)
        if (measure := psi_of(column, rows, reference.profile.rows, settings.psi, chance))
    ]
    return judge(
        NAME,
        measures,
        f"The {len(measures)} features are spread as when the model was released.",
        "Features have drifted (PSI)",
        "Look at the report; when the change is real, train again with data that holds it.",
    )
