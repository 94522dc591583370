IMAGES += serve
publish::
	docker push $(IMAGE)-serve:$(TAG)
