"""The project's package: your modules stand here, the machinery that drives them in `ops`."""
