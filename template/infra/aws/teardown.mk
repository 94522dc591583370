# Destroys an environment with what is in it. The account stays; README.md says what else does.
.PHONY: teardown
TEARDOWN = $(TERRAFORM) -chdir=infra/aws

# What holds data, and the key and the secret without which nobody can read it again.
KEPT := ^(module\.(artifacts|logs|key)\.|aws_secretsmanager_secret\.pseudonyms$$)

# Terraform drops its outputs first: a state without any holds nothing, or what an earlier run left over.
# No image is started any more, but the variable needs a value.
teardown:  ## Destroy an environment in the cloud (ENVIRONMENT=dev or staging)
	@environment=$${ENVIRONMENT:-} confirmed=$${CONFIRM:-}; \
	refuse() { echo "$$1" >&2; exit 2; }; \
	[ -n "$$environment" ] || refuse "Say what to destroy: make teardown ENVIRONMENT=staging"; \
	case "$$environment" in *[!a-z0-9_-]*) known= ;; *) known=yes ;; esac; \
	[ -n "$$known" ] && [ -f "infra/aws/environments/$$environment.tfvars" ] \
	  || refuse "There is no environment '$$environment': infra/aws/environments has $(or $(patsubst infra/aws/environments/%.tfvars,%,$(wildcard infra/aws/environments/*.tfvars)),none)."; \
	[ "$$environment" != production ] || [ "$$confirmed" = production ] \
	  || refuse "This destroys production: if you mean it, make teardown ENVIRONMENT=production CONFIRM=production"; \
	[ -f infra/aws/backend.hcl ] \
	  || refuse "infra/aws/backend.hcl is missing, which says where the state is: infra/aws/README.md, step 1, makes it."; \
	command -v $(firstword $(TERRAFORM)) >/dev/null \
	  || refuse "terraform is not installed: get 1.11 or newer from https://developer.hashicorp.com/terraform/install"; \
	export TF_IN_AUTOMATION=1; \
	mkdir -p "$$TF_PLUGIN_CACHE_DIR"; \
	$(TEARDOWN) init -reconfigure -input=false -backend-config=backend.hcl "-backend-config=key=$$environment/terraform.tfstate"; \
	outputs=$$($(TEARDOWN) output -json); \
	if [ "$$outputs" != "{}" ]; then \
	  found=$$($(TEARDOWN) output -raw teardown) \
	    || refuse "$$environment was applied before it could be torn down: apply it once more, so that its state says what may go."; \
	elif [ "$$environment" = production ]; then found="keeps data"; else found=free; fi; \
	[ "$$found" != protected ] \
	  || refuse "$$environment is protected: set protect = false in infra/aws/environments/$$environment.tfvars, apply, and tear down again."; \
	if [ "$$found" != free ]; then \
	  [ "$$confirmed" = "$$environment" ] \
	    || refuse "$$environment keeps its data: set keep_data = false in its .tfvars and apply, or leave its buckets behind with CONFIRM=$$environment"; \
	  listed=$$($(TEARDOWN) state list); \
	  kept=$$(grep -E '$(KEPT)' <<< "$$listed" || true); \
	  [ -z "$$kept" ] || $(TEARDOWN) state rm $$kept; \
	fi; \
	$(TEARDOWN) destroy -auto-approve -input=false "-var-file=environments/$$environment.tfvars" \
	    "-var=environment=$$environment" -var=image_tag=none \
	  || { status=$$?; echo "Not all of $$environment is gone: mend what AWS refused, and run the same command again." >&2; exit $$status; }; \
	echo; \
	echo "$$environment is gone. What stays:"; \
	echo "- the account (infra/aws/account): the bucket of the state, the images, the audit log"; \
	echo "- log groups that AWS made by itself: /aws/ecs/containerinsights/<project>-$$environment and /aws/rds/instance/<project>-$$environment-*"; \
	if [ "$$found" = free ]; then \
	  echo "- its keys, for 7 days: until then each can be taken back with aws kms cancel-key-deletion"; \
	else \
	  echo "- its data: both buckets with their key, the secret of the prediction log, and the last snapshot of the database."; \
	  echo "  Terraform left them as they are and no longer knows them; README.md, Tearing down, says how to go on."; \
	fi
