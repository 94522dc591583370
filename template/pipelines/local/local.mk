DVC = $(RUN) dvc
# DVC keeps what lies in this folder. Where the steps write to a bucket, they run one after the other.
PIPELINE = $(if $(findstring ://,$(STORAGE__ROOT)),$(CLI) pipeline,$(DVC) repro pipelines/local/dvc.yaml)
