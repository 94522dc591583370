.PHONY: teardown
teardown:  ## Destroy an environment in the cloud
	@echo "infra: this project has no cloud, so there is nothing to destroy"
