"""The one error that Rungs shows to people."""


class RungsError(Exception):
    """A problem that the reader can mend: one sentence that holds the cure. The command ends with exit status 2."""
