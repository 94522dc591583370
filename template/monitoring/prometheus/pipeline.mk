SERVICE_FOLDERS += artifacts/monitoring artifacts/locks
.PHONY: watch
watch:  ## Check live traffic every minute and serve the findings to Prometheus
	$(CLI) watch $(ARGS)

.PHONY: dashboards
dashboards:  ## Build the dashboards anew, after a change of theirs
	$(RUN) python monitoring/prometheus/dashboards/build.py
