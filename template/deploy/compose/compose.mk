export IMAGE

.PHONY: up down
up:  ## Start all containers and wait until they are healthy
	GIT_COMMIT=$(COMMIT) docker compose up --detach --build --wait --wait-timeout 90 \
		|| { docker compose ps --all; docker compose logs --tail 5; exit 1; }

down:  ## Stop and remove the containers; data and models stay
	docker compose --profile '*' down
