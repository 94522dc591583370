# The tracking server's image changes with the cloud's, not with the project's code: it is built where it is needed.
publish::
	docker build --tag $(IMAGE)-tracking:$(TAG) infra/aws/tracking
	docker push $(IMAGE)-tracking:$(TAG)
