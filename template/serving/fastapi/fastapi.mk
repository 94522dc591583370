# The image's own user is 10001. Under compose the service runs as whoever calls make, so that artifacts/ stays theirs.
SERVICE_USER ?= $(shell test "$$(id -u)" = 0 && echo 10001:10001 || echo "$$(id -u):$$(id -g)")
export SERVICE_USER

.PHONY: image-serve
image: image-serve
image-serve:
	docker build --file serving/fastapi/Dockerfile --tag $(IMAGE)-serve:$(TAG) .

# Made by Docker, they would belong to root.
SERVICE_FOLDERS += artifacts/serving artifacts/predictions
.PHONY: service-folders
service-folders:
	@mkdir -p $(SERVICE_FOLDERS)
	@if test "$$(id -u)" = 0; then chown -R $(SERVICE_USER) $(SERVICE_FOLDERS); fi

up: service-folders
