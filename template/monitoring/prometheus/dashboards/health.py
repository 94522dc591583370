"""Service and model on one page: is it up, is it right, and what has changed?

A check's panel is repeated over the checks that report, so that a new check needs no new panel.
"""

from grafana_foundation_sdk.builders.dashboard import Dashboard, QueryVariable, Row
from grafana_foundation_sdk.builders.timeseries import Panel
from grafana_foundation_sdk.models.dashboard import VariableOption, VariableRefresh, VariableSort
from panels import BAD, GOOD, SOURCE, WAIT, board, label, limits, lines, number, query, spread, states, words

ALL = VariableOption(selected=True, text=["All"], value=["$__all"])
BY_STATUS = "sum by (status) (rate(prediction_requests_total[$__rate_interval]))"
BUCKETS = "sum by (le) (rate(prediction_latency_seconds_bucket[$__rate_interval]))"


def build() -> Dashboard:
    """Return the dashboard."""
    text = "The service and the model that it serves, together. What each alert asks for stands in docs/runbook/."
    dashboard = board("model-service-health", "Service and model health", text).with_variable(_checks())
    dashboard = _now(dashboard.with_row(Row("Now")))
    dashboard = _service(dashboard.with_row(Row("Service")))
    dashboard = _model(dashboard.with_row(Row("Model")))
    return dashboard.with_row(Row("Checks: what each measured, as a share of its limit")).with_panel(_check())


def _checks() -> QueryVariable:
    return (
        QueryVariable("check")
        .label("Check")
        .datasource(SOURCE)
        .query("label_values(monitoring_check_evidence, check)")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .current(ALL)
    )


def _now(dashboard: Dashboard) -> Dashboard:
    up = words({"0": ("down", BAD), "1": ("up", GOOD)})
    return (
        dashboard.with_panel(
            number("Service", "Whether Prometheus reaches it.", query('min(up{job="service"})')).mappings([up])
        )
        .with_panel(label("Model in service", "The version that answers.", query("model_version_info", "{{version}}")))
        .with_panel(
            number(
                "Alerts firing",
                "Of all rules; what each asks for stands in docs/runbook/.",
                query('count(ALERTS{alertstate="firing"}) or vector(0)'),
            ).thresholds(limits((1, BAD)))
        )
        .with_panel(
            number("Checks firing", "", query("sum(monitoring_check_firing) or vector(0)")).thresholds(limits((1, BAD)))
        )
        .with_panel(
            number(
                "Checks waiting",
                "Checks with too little to judge by: no alert, and no all-clear either.",
                query("count(monitoring_check_evidence == 0) or vector(0)"),
            ).thresholds(limits((1, WAIT)))
        )
        .with_panel(
            number(
                "Last look at live traffic",
                "After 15 minutes it is an alert, as no check can fire then.",
                query("time() - max(monitoring_last_success_timestamp_seconds)"),
                unit="s",
            ).thresholds(limits((300, WAIT), (900, BAD)))
        )
        .with_panel(
            states(
                "Checks",
                "Grey is waiting.",
                query("monitoring_check_firing", "{{check}}"),
                {"0": ("quiet", GOOD), "1": ("alert", BAD)},
            )
        )
        .with_panel(
            states(
                "Alerts",
                "What Prometheus told Alertmanager.",
                query('max by (alertname, severity) (ALERTS{alertstate="firing"})', "{{alertname}} ({{severity}})"),
                {"1": ("firing", BAD)},
            )
        )
    )


def _service(dashboard: Dashboard) -> Dashboard:
    every = "sum(rate(prediction_requests_total[$__rate_interval]))"
    failed = 'sum(rate(prediction_requests_total{status=~"5.."}[$__rate_interval]))'
    refused = 'sum(rate(prediction_requests_total{status="422"}[$__rate_interval]))'
    return (
        dashboard.with_panel(lines("Requests", "By HTTP status.", query(BY_STATUS, "{{status}}"), unit="reqps"))
        .with_panel(
            lines(
                "Requests without a prediction",
                "Failed is ours (5xx), refused is what does not fit the schema (422).",
                query(f"{failed} / {every}", "failed"),
                query(f"{refused} / {every}", "refused"),
                unit="percentunit",
                limit=0.01,
            )
        )
        .with_panel(
            lines(
                "Latency",
                "From the whole request to its answer.",
                query(f"histogram_quantile(0.5, {BUCKETS})", "half"),
                query(f"histogram_quantile(0.99, {BUCKETS})", "99 of 100"),
                unit="s",
                limit=0.1,
            )
        )
    )


def _model(dashboard: Dashboard) -> Dashboard:
    scores = "sum by (le) (increase(prediction_score_bucket[$__rate_interval]))"
    return (
        dashboard.with_panel(spread("Scores", "How many scores of which size.", scores).span(8))
        .with_panel(
            lines("Rows in the window", "What the checks looked at.", query("monitoring_window_rows", "rows")),
        )
        .with_panel(
            lines(
                "Not as it should be",
                "Predictions that were not logged; a released model that cannot be loaded.",
                query("sum(increase(prediction_log_dropped_total[$__rate_interval]))", "not logged"),
                query("max(model_refused)", "model refused"),
            )
        )
    )


def _check() -> Panel:
    share = 'monitoring_check_value{check="$check"} / monitoring_check_limit{check="$check"}'
    return (
        lines("$check", "Above 1 the check fires.", query(f"topk(10, {share})", "{{subject}}"), limit=1.0)
        .repeat("check")
        .repeat_direction("h")
        .max_per_row(3)
        .span(24)
    )
