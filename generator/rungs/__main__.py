"""`python -m rungs` is the command `rungs`."""

from .cli import main

main(prog_name="rungs")
