"""The files of the project: those that git tracks, and new ones that it does not ignore."""

import subprocess
from pathlib import Path

from .errors import ProjectError


def files() -> list[Path]:
    """Return the files below this folder, sorted, without links. Raises ProjectError outside of a git repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - fixed words
    except (OSError, subprocess.CalledProcessError) as error:
        raise ProjectError("Git does not know this folder: run it in the project, after `make setup`.") from error
    paths = {Path(name) for name in done.stdout.split("\0") if name}
    return sorted(path for path in paths if path.is_file() and not path.is_symlink())


def text(path: Path) -> str | None:
    """Return what a file says, its line ends as they are, or None where it is not text in UTF-8."""
    content = path.read_bytes()
    if b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None
