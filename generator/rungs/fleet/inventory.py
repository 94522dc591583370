"""The list of a fleet's projects."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import RungsError


class Entry(BaseModel):
    """One project: its repository, a path or a URL; its folder in there; the branch, by default what is checked out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repository: str = Field(min_length=1)
    folder: str = ""
    branch: str = "HEAD"

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.repository}/{self.folder}" if self.folder else self.repository

    @property
    def local(self) -> bool:
        """Whether the repository lies on this machine, as a path."""
        return Path(self.repository).expanduser().exists()


def read(repositories: Iterable[str], file: Path | None) -> list[Entry]:
    """Return the projects that are named and those of an inventory file, each once.

    The file holds one repository a line (`#` starts a comment), or is YAML: a list of repositories, or of mappings with
    `repository`, `folder` and `branch`. Relative paths are relative to the file. Raises RungsError for anything else.
    """
    entries = [Entry(repository=name) for name in repositories]
    if file is not None:
        entries += _file(file)
    entries = list(dict.fromkeys(entries))
    if not entries:
        raise RungsError("The fleet is empty: name repositories, or a file that lists them with --inventory.")
    return entries


def _file(file: Path) -> list[Entry]:
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise RungsError(f"The inventory {file} cannot be read ({error}).") from error
    items: Any
    if file.suffix in (".yml", ".yaml"):
        try:
            items = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise RungsError(f"The inventory {file} is not valid YAML: {str(error).splitlines()[0]}.") from error
        if not isinstance(items, list):
            raise RungsError(f"The inventory {file} is no list: write one repository an item.")
    else:
        items = [name for line in text.splitlines() if (name := line.split(" #")[0].strip()) and name[0] != "#"]
    entries = []
    for number, item in enumerate(items, 1):
        try:
            entry = Entry(repository=item) if isinstance(item, str) else Entry.model_validate(item)
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(map(str, problem["loc"])) or "the item"
            raise RungsError(f"Item {number} of {file}: {where}: {problem['msg']}.") from error
        near = file.parent / Path(entry.repository).expanduser()
        entries.append(entry.model_copy(update={"repository": str(near)}) if near.exists() else entry)
    return entries
