SERVICE_FOLDERS += artifacts/delivery
.PHONY: deliver
deliver:  ## Decide on the model that is tried on live requests (ARGS="--status", "--watch")
	$(CLI) deliver $(ARGS)
