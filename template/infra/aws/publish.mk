# ECR's password is good for twelve hours; who asks for it is found as by every tool of AWS.
define ECR_PASSWORD
import base64, botocore.session
client = botocore.session.get_session().create_client("ecr", region_name="$(word 4,$(subst ., ,$(IMAGE)))")
token = client.get_authorization_token()["authorizationData"][0]["authorizationToken"]
print(base64.b64decode(token).decode().partition(":")[2])
endef
export ECR_PASSWORD

.PHONY: login-ecr publish-tracking
login: login-ecr
login-ecr:
	@$(if $(findstring .dkr.ecr.,$(IMAGE)),$(RUN) python -c "$$ECR_PASSWORD" \
	  | docker login --username AWS --password-stdin "$(firstword $(subst /, ,$(IMAGE)))")

# Only the cloud runs the tracking server in this image, so `make image` leaves it out.
IMAGES += tracking
publish: publish-tracking
publish-tracking:
	docker build --tag $(IMAGE)-tracking:$(TAG) infra/aws/tracking
	docker push $(IMAGE)-tracking:$(TAG)
