"""Where findings go. A module here has `write(findings, window, reference) -> str`, which returns the URL it wrote.

`LIVE = True` takes findings on live traffic alone: a file that somebody looks at by hand raises no alert.
"""
