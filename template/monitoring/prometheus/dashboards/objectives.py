"""The service objectives: what is left of each budget, and how fast it burns."""

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from panels import BAD, WAIT, board, limits, lines, number, query

WINDOWS = ("5m", "30m", "1h", "6h", "3d")
PERIOD = "28d"


def build() -> Dashboard:
    """Return the dashboard. The objectives are those of docs/service-objectives.md and rules/objectives.yml."""
    text = "The promises of docs/service-objectives.md. A burn rate of 1 uses up a budget in exactly its 28 days."
    dashboard = board("model-service-objectives", "Service objectives", text).time("now-7d", "now")
    every, seen = "prediction_requests_total", "prediction_latency_seconds_count"
    failed, quick = 'prediction_requests_total{status=~"5.."}', 'prediction_latency_seconds_bucket{le="0.05"}'
    errors = f"sum(increase({failed}[{PERIOD}])) / sum(increase({every}[{PERIOD}]))"
    slow = f"1 - sum(increase({quick}[{PERIOD}])) / sum(increase({seen}[{PERIOD}]))"
    dashboard = _objective(dashboard, "Availability: 99.5% of the requests are answered", "errors", errors, 0.005)
    return _objective(dashboard, "Latency: 99% of the answers within 50 ms", "slow", slow, 0.01)


def _objective(dashboard: Dashboard, title: str, name: str, missed: str, budget: float) -> Dashboard:
    rates = [query(f"service:{name}:ratio_rate{window} / {budget}", window) for window in WINDOWS]
    left = query(f"1 - ({missed}) / {budget}")
    return (
        dashboard.with_row(Row(title))
        .with_panel(
            number("Budget left of 28 days", "", left, unit="percentunit")
            .thresholds(limits((0, WAIT), (0.5, "green"), base=BAD))
            .height(8)
        )
        .with_panel(
            lines("Burn rate", "By window; the alerts look at two at once.", *rates, limit=1.0).span(20),
        )
    )
