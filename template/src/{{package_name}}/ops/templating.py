"""The templates of reports and cards."""

from importlib.resources import files

import jinja2


def environment() -> jinja2.Environment:
    """Return the templates of this package; a name that is not given is an error."""
    folder = files(__package__) / "templates"
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(folder)),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
