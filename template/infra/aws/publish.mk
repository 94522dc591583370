# Only the cloud runs the tracking server in this image, so `make image` leaves it out.
publish::
	docker build --tag $(IMAGE)-tracking:$(TAG) infra/aws/tracking
	docker push $(IMAGE)-tracking:$(TAG)
