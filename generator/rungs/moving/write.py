"""Writes the result of a merge into the project, so that a crash in the midst of it loses nothing.

What is to be written is noted in git's own folder before the first file is touched, and the note goes last. Until then
each file is what it was, what it is to be, or half written; both whole forms are in git's store.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import RungsError
from .git import EMPTY, Repository
from .project import named

NOTE = "rungs-move.json"
KEPT = "rungs-kept"  # what stood in a file that neither the old nor the new commit knows


@dataclass(frozen=True)
class Note:
    """A move that is being written: from one tree of the whole repository to another."""

    title: str
    before: str
    after: str
    stages: str


def pending(repository: Repository) -> Note | None:
    """Return the move that was cut off, or None."""
    path = repository.path(NOTE)
    try:
        return Note(**json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):  # cut off while the note was written, before any file
        path.unlink()
        return None


def obstacles(repository: Repository, before: str, after: str) -> list[str]:
    """Return the paths that would be new, but where a file that git does not track stands already."""
    added = _changes(repository, before, after, "A")
    return [path for path in added if (repository.top / path).is_symlink() or (repository.top / path).exists()]


def write(repository: Repository, note: Note) -> None:
    """Write a move into the files and the index. The files must be those of `note.before`.

    Raises RungsError when a new file would overwrite one that git does not track.
    """
    if taken := obstacles(repository, note.before, note.after):
        raise RungsError(
            f"{named(taken)} would be new, but stands there already and is not in git: move it away, or commit it."
        )
    path = repository.path(NOTE)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(note)))
    new.replace(path)
    _checkout(repository, note.before, note.after)
    finish(repository, note)


def finish(repository: Repository, note: Note) -> None:
    """Note the open conflicts in the index, and that nothing is left to do."""
    if note.stages:
        paths = {line.split("\t", 1)[1] for line in note.stages.split("\0") if line}
        gone = "".join(f"0 {EMPTY}\t{path}\0" for path in paths)
        repository.git("update-index", "-z", "--index-info", stdin=(gone + note.stages).encode())
    repository.path(NOTE).unlink(missing_ok=True)


def resume(repository: Repository, note: Note) -> list[str]:
    """Finish a move that was cut off. Returns the files that were found with a content of neither side, saved."""
    return _settle(repository, note, note.after)


def restore(repository: Repository, note: Note) -> list[str]:
    """Take a move back that was cut off. Returns the files that were found with a content of neither side, saved."""
    return _settle(repository, note, note.before)


def _settle(repository: Repository, note: Note, wanted: str) -> list[str]:
    """Bring every file that the move touches to one side, wherever it stands now."""
    repository.path("index.lock").unlink(missing_ok=True)  # git was cut off, too
    before, after = repository.entries(note.before), repository.entries(note.after)
    touched = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    repository.git("read-tree", note.before)
    saved = [path for path in touched if _save_unknown(repository, path, {before.get(path), after.get(path)})]
    target = repository.entries(wanted)
    for path in touched:
        (repository.top / path).unlink(missing_ok=True)
    present = [path for path in touched if path in target]
    repository.git("read-tree", wanted)
    if present:
        repository.git("checkout-index", "--force", "-z", "--stdin", stdin="".join(f"{p}\0" for p in present).encode())
    for path in touched:
        if path not in target:
            _remove_empty_folders(repository.top, Path(path).parent)
    repository.git("update-index", "-q", "--refresh", fine=1)
    finish(repository, note if wanted == note.after else Note(note.title, note.before, note.after, ""))
    return saved


def _checkout(repository: Repository, before: str, after: str) -> None:
    repository.git("update-index", "-q", "--refresh", fine=1)
    repository.git("read-tree", "-m", "-u", before, after)


def _changes(repository: Repository, before: str, after: str, kind: str) -> list[str]:
    words = ("diff-tree", "-r", "-z", "--name-only", "--no-renames", f"--diff-filter={kind}", before, after)
    return [path for path in repository.git(*words).split("\0") if path]


def _save_unknown(repository: Repository, path: str, known: Iterable[tuple[str, str] | None]) -> bool:
    file = repository.top / path
    if not file.is_file() or file.is_symlink():
        return False
    found = repository.git("hash-object", "--path", path, "--", str(file)).strip()
    if found in {entry[1] for entry in known if entry is not None}:
        return False
    copy = repository.path(KEPT) / path
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(file.read_bytes())
    return True


def _remove_empty_folders(top: Path, folder: Path) -> None:
    while folder != Path():
        try:
            (top / folder).rmdir()
        except OSError:
            return
        folder = folder.parent
