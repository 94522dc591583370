"""The tests of the project: they hold for any data, and run the real thing."""
