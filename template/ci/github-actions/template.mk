# Maintained by Rungs. What the workflow `template` does with the branch that `make template-update` leaves.
# GitHub's token may not push changes of workflows: an update with such is announced in an issue.
REQUEST ?= artifacts/template-request.txt

.PHONY: template-request
template-request:  ## Ask on GitHub for the merge of the branch that `make template-update` made (needs gh)
	@branch=$$(git for-each-ref --format='%(refname:short)' --sort=-committerdate refs/heads/rungs/ | head -n 1); \
	if [ -z "$$branch" ]; then echo "The project is up to date with its template."; exit 0; fi; \
	title=$$(git log -1 --format=%s "$$branch"); \
	if git diff --quiet HEAD "$$branch" -- .github/workflows; then \
	  git -c credential.helper='!gh auth git-credential' push --quiet --force origin "$$branch"; \
	  known=$$(gh pr list --state open --head "$$branch" --json number --jq length); \
	  [ "$$known" != 0 ] || gh pr create --head "$$branch" --title "$$title" --body-file $(REQUEST); \
	else \
	  printf '\nIt changes workflows, which this token may not do: run `make template-update` and push the branch.\n' >> $(REQUEST); \
	  known=$$(gh issue list --state open --search "in:title \"$$title\"" --json number --jq length); \
	  [ "$$known" != 0 ] || gh issue create --title "$$title" --body-file $(REQUEST); \
	fi
