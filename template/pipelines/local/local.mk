DVC = $(RUN) dvc
PIPELINE = $(DVC) repro pipelines/local/dvc.yaml
