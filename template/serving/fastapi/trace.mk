.PHONY: trace
trace:  ## Show all that made a prediction (ID=its id; ARGS="--json")
	@test -n "$(ID)" || { echo "Give the id of a prediction: make trace ID=..." >&2; exit 2; }
	@$(CLI) trace $(ARGS) "$(ID)"
