"""The one error that the project shows to people: what is wrong, and how to mend it."""


class ProjectError(Exception):
    """A problem that the reader can mend: one sentence with the cure. The exit status is 2."""


class GateClosed(ProjectError):  # noqa: N818 - an answer, not a failure
    """A check that protects production said no. Nothing was changed; the exit status is 1."""
