.PHONY: trigger
trigger:  ## Retrain if an alert calls for it
	$(CLI) trigger $(ARGS)
