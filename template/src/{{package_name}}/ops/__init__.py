"""The machinery of this project: maintained by Rungs, updated by `copier update`, driven by `make`."""
