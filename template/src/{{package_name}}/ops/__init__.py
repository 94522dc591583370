"""The machinery of this project: maintained by Rungs, updated by `copier update`, driven by `make`."""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # ONNX Runtime reads it when it is imported
