"""What an edit is, and what edits are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "src/credit_risk"


class Gone(AssertionError):  # noqa: N818  what it says of an edit
    """What an edit changes is not in this project."""


@dataclass(frozen=True)
class Edit:
    """One thing that a person does to a project; `level` is the lowest at which there is something to do it to.

    `until` is the highest one at which a person would do it.
    """

    name: str
    act: Callable[["Folder"], None]
    additive: bool
    level: str
    until: str

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


class Collection(list[Edit]):
    """The edits of a module."""

    def adds(
        self, name: str, level: str = "manual", until: str = "continuous"
    ) -> Callable[[Callable[["Folder"], None]], None]:
        """Note a function as an edit that adds lines or files, and changes nothing."""
        return lambda act: self.append(Edit(name, act, additive=True, level=level, until=until))

    def changes(
        self, name: str, level: str = "manual", until: str = "continuous"
    ) -> Callable[[Callable[["Folder"], None]], None]:
        """Note a function as an edit that changes or removes what is there."""
        return lambda act: self.append(Edit(name, act, additive=False, level=level, until=until))


class Folder:
    """A project, with the ways to edit it. Each way asserts that it finds what it edits.

    `renamed` says which files of the project have another name now: they are edited there.
    """

    def __init__(self, root: Path, renamed: Mapping[str, str] | None = None) -> None:
        self.root = root
        self._renamed = renamed or {}

    def new(self, path: str, content: str | bytes) -> Path:
        """Write a file that is not there yet. Raises Gone when it is."""
        file = self.root / path
        if file.exists():
            raise Gone(f"{path} is there already")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def start(self, path: str, text: str) -> None:
        """Add text at the start of a file."""
        self._write(path, text + self._read(path))

    def end(self, path: str, text: str) -> None:
        """Add text at the end of a file."""
        self._write(path, self._read(path) + text)

    def after(self, path: str, line: str, text: str) -> None:
        """Add text below the one line that holds `line`."""
        self.replace(path, line, line, below=text)

    def before(self, path: str, line: str, text: str) -> None:
        """Add text above the one line that holds `line`."""
        lines = self._read(path).splitlines(keepends=True)
        at = self._only(path, lines, line)
        self._write(path, "".join([*lines[:at], text, *lines[at:]]))

    def last(self, path: str, opening: str, closing: str, text: str) -> None:
        """Add text at the end of a block: above the first line that begins with `closing` below that with `opening`."""
        lines = self._read(path).splitlines(keepends=True)
        start = self._only(path, lines, opening)
        at = next((n for n in range(start + 1, len(lines)) if lines[n].startswith(closing)), None)
        if at is None:
            raise Gone(f"{path}: nothing closes `{opening}`")
        self._write(path, "".join([*lines[:at], text, *lines[at:]]))

    def cut(self, path: str, opening: str, closing: str) -> None:
        """Take out the lines from the one with `opening` to the one before that with `closing`."""
        lines = self._read(path).splitlines(keepends=True)
        start, end = self._only(path, lines, opening), self._only(path, lines, closing)
        assert start < end
        self._write(path, "".join([*lines[:start], *lines[end:]]))

    def replace(self, path: str, old: str, new: str, below: str = "") -> None:
        """Replace words in the one line that holds them, and add text below it."""
        lines = self._read(path).splitlines(keepends=True)
        at = self._only(path, lines, old)
        self._write(path, "".join([*lines[:at], lines[at].replace(old, new), below, *lines[at + 1 :]]))

    def rewrite(self, path: str, content: str) -> None:
        """Replace all of a file."""
        assert self._read(path) != content
        self._write(path, content)

    def move(self, path: str, target: str) -> None:
        """Move a file or a folder."""
        self._find(path)
        assert not (self.root / target).exists()
        (self.root / target).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).rename(self.root / target)

    def delete(self, path: str) -> None:
        """Delete a file."""
        self._find(path).unlink()

    def windows(self, path: str) -> None:
        """Give a file the line ends of Windows."""
        content = self._find(path).read_bytes()
        assert b"\r" not in content and b"\n" in content
        (self.root / path).write_bytes(content.replace(b"\n", b"\r\n"))

    def find(self, pattern: str) -> list[str]:
        """Return the files that match a pattern."""
        found = sorted(path.relative_to(self.root).as_posix() for path in self.root.glob(pattern) if path.is_file())
        if not found:
            raise Gone(pattern)
        return found

    def _find(self, path: str) -> Path:
        file = self.root / self._renamed.get(path, path)
        if not file.exists():
            raise Gone(path)
        return file

    def _read(self, path: str) -> str:
        return self._find(path).read_bytes().decode()

    def _write(self, path: str, text: str) -> None:
        self._find(path).write_bytes(text.encode())

    def _only(self, path: str, lines: list[str], text: str) -> int:
        found = [number for number, line in enumerate(lines) if text in line]
        if len(found) != 1:
            raise Gone(f"{path}: `{text}` stands on {len(found)} lines")
        return found[0]
