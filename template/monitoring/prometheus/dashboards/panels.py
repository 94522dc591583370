"""The panels that the dashboards are made of, as typed objects of Grafana's own SDK."""

from grafana_foundation_sdk.builders import common, heatmap, prometheus, stat, statetimeline, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink, ThresholdsConfig
from grafana_foundation_sdk.models.common import (
    BigValueGraphMode,
    BigValueTextMode,
    DataSourceRef,
    GraphThresholdsStyleMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")  # the uid is given in grafana/datasources/
TAG = "model-service"
GOOD, BAD, WAIT = "green", "red", "orange"

State = tuple[str, str]


def board(uid: str, title: str, text: str) -> Dashboard:
    """Begin a dashboard that links to the others."""
    return (
        Dashboard(title)
        .uid(uid)
        .description(text)
        .tags([TAG])
        .readonly()
        .refresh("1m")
        .time("now-6h", "now")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .link(DashboardLink("Dashboards").type(DashboardLinkType.DASHBOARDS).tags([TAG]).keep_time(True))
    )


def query(expr: str, legend: str = "") -> prometheus.Dataquery:
    """Ask Prometheus over the time that is shown. `legend` may name labels: `{{status}}`."""
    return prometheus.Dataquery().datasource(SOURCE).expr(expr).range().legend_format(legend or "__auto")


def limits(*steps: tuple[float, str], base: str = GOOD) -> ThresholdsConfig:
    """Colour values: `base`, and from each step on its own colour."""
    found = [Threshold(value=None, color=base), *(Threshold(value=value, color=color) for value, color in steps)]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(found)


def words(states: dict[str, State]) -> ValueMap:
    """Show words in place of numbers: value to text and colour."""
    return ValueMap({value: ValueMappingResult(text=text, color=color) for value, (text, color) in states.items()})


def number(title: str, text: str, asked: prometheus.Dataquery, unit: str = "none") -> stat.Panel:
    """Show the newest value, large."""
    return (
        stat.Panel()
        .title(title)
        .description(text)
        .datasource(SOURCE)
        .with_target(asked.ref_id("A"))
        .unit(unit)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .graph_mode(BigValueGraphMode.NONE)
        .thresholds(limits(base="text"))
        .span(4)
        .height(4)
    )


def label(title: str, text: str, asked: prometheus.Dataquery) -> stat.Panel:
    """Show the newest legend, large: for metrics whose news is in a label."""
    return number(title, text, asked).text_mode(BigValueTextMode.NAME)


def states(title: str, text: str, asked: prometheus.Dataquery, named: dict[str, State]) -> statetimeline.Panel:
    """Show since when what is in which state, a line each."""
    return (
        statetimeline.Panel()
        .title(title)
        .description(text)
        .datasource(SOURCE)
        .with_target(asked.ref_id("A"))
        .mappings([words(named)])
        .show_value(VisibilityMode.NEVER)
        .legend(common.VizLegendOptions().show_legend(False))
        .no_value("none")
        .span(12)
        .height(8)
    )


def lines(
    title: str, text: str, *asked: prometheus.Dataquery, unit: str = "none", limit: float | None = None
) -> timeseries.Panel:
    """Draw values over time, with a dashed line at `limit`."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(text)
        .datasource(SOURCE)
        .targets([one.ref_id(chr(ord("A") + position)) for position, one in enumerate(asked)])
        .unit(unit)
        .min(0)
        .span(8)
        .height(8)
    )
    if limit is not None:
        dashed = common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
        panel = panel.thresholds(limits((limit, BAD))).thresholds_style(dashed).axis_soft_max(1.2 * limit)
    return panel


def spread(title: str, text: str, buckets: str) -> heatmap.Panel:
    """Draw how a histogram's values are spread over time; `buckets` gives their growth by `le`."""
    asked = query(buckets, "{{le}}").format(PromQueryFormat.HEATMAP)
    return heatmap.Panel().title(title).description(text).datasource(SOURCE).with_target(asked.ref_id("A")).height(8)
