.PHONY: watch
watch:  ## Check live traffic every minute and serve the findings to Prometheus
	$(CLI) watch $(ARGS)
