"""Moves a rendered project: to another version of the template, another level, another answer.

A move renders the project twice, as it was rendered and as it will be, and merges the difference into the project's
last commit with git. All of it happens beside the project. Only a finished result is written into it, and noted first,
so that a move that is cut off can be finished or taken back.
"""
