MLFLOW_PORT ?= 5000
MLFLOW_STORE ?= sqlite:///artifacts/registry/mlflow.db

.PHONY: tracking-ui

tracking-ui:  ## Show runs and registered models in the browser
	$(UV) tool run --from 'mlflow>=3.4,<4' mlflow server --host 127.0.0.1 --port $(MLFLOW_PORT) --backend-store-uri $(MLFLOW_STORE)
