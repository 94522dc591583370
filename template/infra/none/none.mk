.PHONY: infra-check-none
infra-check: infra-check-none
infra-check-none:
	@echo "infra: this project has no cloud, so there is nothing to check"
