# Maintained by Rungs. What the job `template` does with the branch that `make template-update` leaves: pushes it, and asks for
# its merge by GitLab's push options. In a job that is done with the job's own token, which ends with it.
REQUEST ?= artifacts/template-request.txt
JOB_TOKEN = -c credential.helper= -c credential.helper='!echo username=gitlab-ci-token; echo "password=$$CI_JOB_TOKEN"; :'

.PHONY: template-request
template-request:  ## Ask on GitLab for the merge of the branch that `make template-update` made
	@branch=$$(git for-each-ref --format='%(refname:short)' --sort=-committerdate refs/heads/rungs/ | head -n 1); \
	if [ -z "$$branch" ]; then echo "The project is up to date with its template."; exit 0; fi; \
	title=$$(git log -1 --format=%s "$$branch"); \
	text=$$(awk '{ total += length($$0) + 2 } total < 50000 { printf "%s\\n", $$0 }' $(REQUEST)); \
	git $(if $(CI_JOB_TOKEN),$(JOB_TOKEN)) push --force \
	  --push-option merge_request.create --push-option merge_request.title="$$title" \
	  --push-option merge_request.description="$$text" \
	  $(if $(CI_JOB_TOKEN),"$$CI_PROJECT_URL.git",origin) "$$branch" \
	|| { echo "The branch $$branch could not be pushed. In a job, GitLab must allow it: Settings, CI/CD, Job token permissions,"; \
	  echo "'Allow Git push requests to the repository'. Or run: make template-update template-request"; exit 1; }
