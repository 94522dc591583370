.PHONY: smoke
smoke:  ## Ask the service for predictions whose scores are known (ARGS="--url URL")
	$(CLI) smoke $(ARGS)
