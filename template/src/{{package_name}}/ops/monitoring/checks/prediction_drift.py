"""Prediction drift: scores that are spread otherwise than when the model was released."""

from .. import bins
from ..drift import psi_of
from ..findings import Finding, judge, too_few
from ..settings import MonitoringSettings
from ..window import Reference, Window

NAME = "prediction_drift"
COUNTS = (bins.scores,)


def check(window: Window, reference: Reference) -> Finding:
    """Measure the PSI of the scores against the profile; rows that no model scored yet are scored here."""
    settings = MonitoringSettings.load()
    if len(window) < settings.minimum_rows:
        return too_few(NAME, len(window), settings.minimum_rows)
    (counted,) = window.counts(bins.scores, reference).columns
    column, rows = reference.profile.score, reference.profile.rows
    measure = psi_of(column, counted, rows, settings.psi, settings.false_alarms)
    return judge(
        NAME,
        [measure] if measure else [],
        "The scores are spread as when the model was released.",
        "The scores have drifted (PSI)",
        "See which features drifted with them; with no drifted feature, suspect the feature code or the model file.",
    )
