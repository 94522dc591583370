IMAGES += serve

.PHONY: publish-serve
publish: publish-serve
publish-serve:
	docker push $(IMAGE)-serve:$(TAG)
