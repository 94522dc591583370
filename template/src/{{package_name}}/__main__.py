"""Runs the command line of the project: `python -m <package>`."""

from .ops.cli import main

if __name__ == "__main__":
    main()
