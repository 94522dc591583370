# Maintained by Rungs. What the job `template` does with the branch that `make template-update` leaves: it pushes the
# branch as REPOSITORY_USER with REPOSITORY_TOKEN, and asks for its merge where the host of the repository can be asked.
REQUEST ?= artifacts/template-request.txt
TOKEN := !f() { echo "username=$$REPOSITORY_USER"; echo "password=$$REPOSITORY_TOKEN"; }; f

.PHONY: template-request
template-request:  ## Push the branch that `make template-update` made, and ask for its merge
	@branch=$$(git for-each-ref --format='%(refname:short)' --sort=-committerdate refs/heads/rungs/ | head -n 1); \
	if [ -z "$$branch" ]; then echo "The project is up to date with its template."; exit 0; fi; \
	title=$$(git log -1 --format=%s "$$branch"); \
	asked="Ask for its merge into main"; options=(); \
	case "$$(git remote get-url origin)" in \
	  *gitlab*) options=(-o merge_request.create -o merge_request.target=main -o "merge_request.title=$$title"); \
	    asked="Its merge is asked for" ;; \
	esac; \
	git -c credential.helper= -c credential.helper='$(TOKEN)' push --quiet --force "$${options[@]}" origin "$$branch"; \
	case "$$(git remote get-url origin)" in \
	  *github*) if command -v gh >/dev/null; then \
	      export GH_TOKEN="$${REPOSITORY_TOKEN:-}"; \
	      known=$$(gh pr list --state open --head "$$branch" --json number --jq length); \
	      [ "$$known" != 0 ] || gh pr create --head "$$branch" --title "$$title" --body-file $(REQUEST); \
	      asked="Its merge is asked for"; \
	    fi ;; \
	esac; \
	echo "$$branch is pushed. $$asked; what it does stands in $(REQUEST)."
