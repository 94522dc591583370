"""One module a command. Its docstring's first line is the help line, its `command` is what runs."""
