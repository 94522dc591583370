"""A project's git repository: what is asked of it and what is written into it."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import RungsError

EMPTY = "0" * 40
Entry = tuple[str, str]  # mode and object of a path in a tree


class GitError(RungsError):
    """git refused a command; the message is what it said."""


@dataclass(frozen=True)
class Repository:
    """The repository that holds a project. `prefix` is the project's folder in it: empty, or ending in a slash."""

    top: Path
    prefix: str

    @classmethod
    def of(cls, folder: Path) -> "Repository | None":
        """Return the repository that a folder lies in, or None."""
        try:
            top = run(folder, "rev-parse", "--show-toplevel").strip()
        except GitError:
            return None
        return cls(Path(top), run(folder, "rev-parse", "--show-prefix").strip())

    def git(self, *words: str, stdin: bytes | None = None, index: Path | None = None, fine: int = 0) -> str:
        """Run git at the top of the repository and return what it prints.

        Raises GitError when it ends with a status above `fine`.
        """
        environment = {"GIT_INDEX_FILE": str(index)} if index else {}
        return output(self.top, *words, stdin=stdin, environment=environment, fine=fine).decode(
            errors="surrogateescape"
        )

    def path(self, name: str) -> Path:
        """Return the path of a file of git's own, such as `MERGE_HEAD`, in this worktree."""
        return self.top / self.git("rev-parse", "--git-path", name).strip()

    def find(self, revision: str) -> str | None:
        """Return the object that a revision names, or None."""
        try:
            return self.git("rev-parse", "--verify", "--quiet", revision).strip()
        except GitError:
            return None

    def branch(self) -> str | None:
        """Return the branch that is checked out, or None when HEAD is detached."""
        try:
            return self.git("symbolic-ref", "--quiet", "--short", "HEAD").strip()
        except GitError:
            return None

    def changed(self) -> list[str]:
        """Return the tracked paths of the whole repository that differ from HEAD."""
        return _words(self.git("diff-index", "--name-only", "-z", "HEAD"))

    def unmerged(self) -> list[str]:
        """Return the paths that have open conflicts."""
        return _words(self.git("diff", "--name-only", "--diff-filter=U", "-z"))

    def entries(self, tree: str) -> dict[str, Entry]:
        """Return the files of a tree by path."""
        found = {}
        for line in _words(self.git("ls-tree", "-r", "-z", "--full-tree", tree)):
            facts, path = line.split("\t", 1)
            mode, _, name = facts.split()
            found[path] = (mode, name)
        return found

    def content(self, object_name: str) -> bytes:
        """Return the bytes of a file in a tree."""
        return output(self.top, "cat-file", "blob", object_name)

    def store(self, content: bytes) -> str:
        """Store bytes and return their object."""
        return self.git("hash-object", "-w", "--stdin", stdin=content).strip()

    def tree(self, entries: Mapping[str, Entry], index: Path) -> str:
        """Store a tree of these files and return its object. `index` is a file that may be overwritten."""
        index.unlink(missing_ok=True)
        lines = "".join(f"{mode} {name}\t{path}\0" for path, (mode, name) in entries.items())
        self.git("update-index", "-z", "--index-info", stdin=lines.encode(), index=index)
        return self.git("write-tree", index=index).strip()

    def tree_of_folder(self, folder: Path, index: Path) -> str:
        """Store the files of a folder, whatever `.gitignore` says of them, and return the tree."""
        index.unlink(missing_ok=True)
        self.git(f"--work-tree={folder}", "add", "--all", "--force", ".", index=index)
        return self.git("write-tree", index=index).strip()

    def commit_tree(self, tree: str, message: str, *parents: str) -> str:
        """Store a commit of a tree and return its object."""
        words = [word for parent in parents for word in ("-p", parent)]
        return self.git("commit-tree", tree, *words, "-m", message).strip()


def run(folder: Path, *words: str) -> str:
    """Run git in a folder and return what it prints. Raises GitError."""
    return output(folder, *words).decode(errors="surrogateescape")


def output(
    folder: Path,
    *words: str,
    stdin: bytes | None = None,
    environment: Mapping[str, str] | None = None,
    fine: int = 0,
) -> bytes:
    """Run git in a folder and return the bytes that it prints. Raises GitError when its status is above `fine`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith(KEPT)}
    try:
        done = subprocess.run(  # noqa: S603  the words are ours
            ["git", *QUIET, *words],  # noqa: S607  wherever it is installed
            cwd=folder,
            env={**own, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", **(environment or {})},
            input=stdin if stdin is not None else b"",
            capture_output=True,
        )
    except FileNotFoundError as error:
        raise RungsError(
            "git is not installed: it keeps your lines when a project moves, so install it first."
        ) from error
    if done.returncode > fine or done.returncode < 0:
        raise GitError(done.stderr.decode(errors="replace").strip() or f"git {words[0]} ended with {done.returncode}.")
    return done.stdout


# Variables of the caller that name another repository or index are left out; who commits, and how, is kept.
KEPT = (
    *(f"GIT_{role}_{what}" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL", "DATE")),
    *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_"),
    *("GIT_CONFIG_VALUE_", "GIT_CONFIG_PARAMETERS", "GIT_SSH", "GIT_ASKPASS"),
)
QUIET = (
    "-c",
    "core.quotepath=false",
    "-c",
    "core.safecrlf=false",
    "-c",
    "gc.auto=0",
    "-c",
    "advice.detachedHead=false",
)


def _words(text: str) -> list[str]:
    return [word for word in text.split("\0") if word]
