"""Replaces several files at once: all of them or none, and nothing of the user's is lost."""

from collections.abc import Mapping
from pathlib import Path

from .. import storage
from ..errors import ProjectError


def replace_all(texts: Mapping[Path, str]) -> dict[Path, Path]:
    """Write every text. Returns where the files that held something else are kept."""
    old = {path: path.read_bytes() for path in texts if path.exists()}
    saved = {path: _free(path) for path, content in old.items() if content != texts[path].encode()}
    try:
        for path, copy in saved.items():
            storage.write_bytes(str(copy), old[path])
        for path, text in texts.items():
            storage.write_bytes(str(path), text.encode())
    except (ProjectError, OSError):
        for path in texts:
            if path in old:
                storage.write_bytes(str(path), old[path])
            elif path.exists():
                path.unlink()
        for copy in saved.values():
            copy.unlink(missing_ok=True)
        raise
    return saved


def _free(path: Path) -> Path:
    """A name beside the file that is not taken, so that an earlier copy is kept as well."""
    copy, number = path.with_name(f"{path.name}.before-adopt"), 2
    while copy.exists():
        copy, number = path.with_name(f"{path.name}.before-adopt-{number}"), number + 1
    return copy
