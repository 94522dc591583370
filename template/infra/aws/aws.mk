# Terraform for AWS, checked without an account. `make infra-check TERRAFORM=tofu` takes OpenTofu.
TERRAFORM ?= terraform
# The provider is large: what was downloaded is kept for the next run.
export TF_PLUGIN_CACHE_DIR ?= $(HOME)/.terraform.d/plugin-cache

.PHONY: infra-check-aws
infra-check: infra-check-aws
infra-check-aws:
	@if ! command -v $(firstword $(TERRAFORM)) >/dev/null; then \
	  echo "infra/aws: NOT CHECKED, as terraform is not installed: get 1.11 or newer from https://developer.hashicorp.com/terraform/install"; \
	  exit $(if $(CI),1,0); \
	fi; \
	mkdir -p "$$TF_PLUGIN_CACHE_DIR"; \
	$(TERRAFORM) fmt -check -diff -recursive infra/aws; \
	for root in infra/aws/account infra/aws; do \
	  echo "$$root: terraform validate, terraform test"; \
	  $(TERRAFORM) -chdir=$$root init -backend=false -input=false -no-color >/dev/null; \
	  $(TERRAFORM) -chdir=$$root validate -no-color; \
	  $(TERRAFORM) -chdir=$$root test -no-color; \
	done
