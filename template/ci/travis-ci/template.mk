# Maintained by Rungs. What the job `template` does with the branch that `make template-update` leaves.
# Travis gives a job no token that may open a request, and its clone is mostly for reading.
REQUEST ?= artifacts/template-request.txt

.PHONY: template-request
template-request:  ## Push the branch that `make template-update` made, with the text of a request for its merge
	@branch=$$(git for-each-ref --format='%(refname:short)' --sort=-committerdate refs/heads/rungs/ | head -n 1); \
	if [ -z "$$branch" ]; then echo "The project is up to date with its template."; exit 0; fi; \
	cat $(REQUEST); \
	if git push --force origin "$$branch"; then \
	  echo "$$branch is pushed: open a request for its merge with the text above."; \
	else \
	  echo "The key of Travis may not push: run \`make template-update\` yourself and push $$branch, or give the repository an SSH key that may write." >&2; \
	  exit 1; \
	fi
