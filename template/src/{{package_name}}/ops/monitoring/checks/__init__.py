"""The checks. A module here has `check(window, reference) -> Finding`; its name is the name of its alert."""
