"""The thresholds of monitoring, each with the reason for its default."""

from ..settings import Section


class MonitoringSettings(Section, table="monitoring"):
    """When a check speaks up.

    `minimum_rows`: below it a check says "not enough rows" and raises no alert. With 500 rows chance alone gives a
        twenty-bin PSI of about 0.04, a fifth of the threshold.
    `window_rows`: the newest rows that are looked at. Enough to be sure, few enough to see a change soon.
    `psi`: by the usual reading below 0.1 is stable, 0.1 to 0.2 moderate, above 0.2 a change that matters.
    `false_alarms`: how often one run of one check may fire by chance alone; it is shared out over all columns, so
        that thirty columns raise no more false alarms than one.
    `invalid_share`: values that the schema forbids. A few bad rows are an accident, one in a hundred is a cause.
    `missing_increase`: how far the share of missing values of a column may rise above the usual.
    """

    minimum_rows: int = 500
    window_rows: int = 5_000
    psi: float = 0.2
    false_alarms: float = 0.001
    invalid_share: float = 0.01
    missing_increase: float = 0.05
