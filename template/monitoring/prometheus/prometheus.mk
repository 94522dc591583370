.PHONY: explore
explore:  ## Compare newest rows with the reference in a report by Evidently
	$(CLI) explore $(ARGS)

# Tests the alert rules with Prometheus' own tool, and the routes with Alertmanager's.
.PHONY: alerts-check
alerts-check:  ## Test the alert rules and routes (needs promtool and amtool)
	@if command -v promtool >/dev/null; then \
		promtool check config --lint=all monitoring/prometheus/prometheus.yml \
		&& promtool test rules monitoring/prometheus/tests/*.yml; \
	else echo "Alert rules are not tested here: promtool is not installed (it comes with Prometheus)."; fi
	@if command -v amtool >/dev/null; then amtool check-config monitoring/prometheus/alertmanager.yml; \
	else echo "Alert routes are not tested here: amtool is not installed (it comes with Alertmanager)."; fi

check: alerts-check
