.PHONY: smoke
smoke:  ## Ask the service for predictions whose scores are known (ARGS="--url URL")
	$(CLI) smoke $(ARGS)

.PHONY: load-test
load-test:  ## Load a service and hold it to the budget of [load_test] (ARGS="--url URL")
	$(CLI) load-test $(ARGS)
