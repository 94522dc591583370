publish::
	docker push $(IMAGE)-serve:$(TAG)
