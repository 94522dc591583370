# Maintained by Rungs. What the pipeline `template` does with the branch that `make template-update` leaves.
# SYSTEM_ACCESSTOKEN is the token of its job. It opens pull requests in Azure Repos; elsewhere a person pushes the branch.
REQUEST ?= artifacts/template-request.txt

.PHONY: template-request
template-request: export AZURE_DEVOPS_EXT_PAT = $(SYSTEM_ACCESSTOKEN)
template-request:  ## Ask in Azure Repos for the merge of the branch that `make template-update` made (needs az)
	@branch=$$(git for-each-ref --format='%(refname:short)' --sort=-committerdate refs/heads/rungs/ | head -n 1); \
	if [ -z "$$branch" ]; then echo "The project is up to date with its template."; exit 0; fi; \
	if [ "$${BUILD_REPOSITORY_PROVIDER:-TfsGit}" != TfsGit ] || [ -z "$${SYSTEM_ACCESSTOKEN:-}" ]; then \
	  echo "There is an update, and no token of Azure Repos here: run \`make template-update\` and push $$branch." >&2; exit 2; \
	fi; \
	GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.extraHeader GIT_CONFIG_VALUE_0="Authorization: Bearer $$SYSTEM_ACCESSTOKEN" \
	  git push --quiet --force origin "$$branch"; \
	where=(--organization "$$SYSTEM_COLLECTIONURI" --project "$$SYSTEM_TEAMPROJECT" --repository "$$BUILD_REPOSITORY_NAME"); \
	known=$$(az repos pr list "$${where[@]}" --source-branch "$$branch" --status active --query 'length(@)' --output tsv); \
	[ "$$known" != 0 ] || az repos pr create "$${where[@]}" --source-branch "$$branch" --target-branch main --output none \
	  --title "$$(git log -1 --format=%s "$$branch")" --description "$$(head -c 3900 $(REQUEST))"
