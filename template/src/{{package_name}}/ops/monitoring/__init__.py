"""Does the model still look at the world that it learned from? A window of rows, checks on it, what comes of it.

`windows/` says which rows are looked at, `checks/` judge them, `outputs/` write the result down. Each is a folder
of modules that are found by their files: to add a check, add a module with `check(window, reference)`.
"""
