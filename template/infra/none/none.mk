infra-check::
	@echo "infra: this project has no cloud, so there is nothing to check"
