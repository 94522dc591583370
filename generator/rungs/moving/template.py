"""The template that a project came from, at any of its versions."""

import re
from pathlib import Path

from packaging.version import InvalidVersion, Version

from ..errors import RungsError
from . import git
from .git import GitError

HOSTS = {"gh:": "https://github.com/{}.git", "gl:": "https://gitlab.com/{}.git", "git+": "{}"}
CHANGELOG = "CHANGELOG.md"


class Templates:
    """Templates that were fetched already, below a folder that is theirs."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._known: dict[str, Template] = {}

    def get(self, source: str, project: Path) -> "Template":
        """Return the template at a path or URL, which may be relative to a project; it is fetched once."""
        url = _url(source, project)
        if url not in self._known:
            folder = self._work / str(len(self._known))
            folder.mkdir(parents=True)
            self._known[url] = Template(source, url, folder)
        return self._known[url]


class Template:
    """A clone of the template, without files. `source` is what the project's answers say: a path or a URL."""

    def __init__(self, source: str, url: str, work: Path) -> None:
        self.source = source
        self._work = work
        self._folder = work / "template.git"
        try:
            git.run(work, "clone", "--quiet", "--bare", url, str(self._folder))
        except GitError as error:
            reason = str(error).splitlines()[-1].removeprefix("fatal: ")
            raise RungsError(
                f"The template is not to be had at {source} ({reason}): if it has moved, say where with --template."
            ) from error

    def versions(self) -> list[Version]:
        """Return the releases, oldest first."""
        found = {_version(tag) for tag in git.run(self._folder, "tag", "--list").split()}
        return sorted(version for version in found if version is not None)

    def find(self, ref: str | None) -> str:
        """Return the commit of a git reference; None is the newest release, or HEAD before the first one.

        Raises RungsError when there is none.
        """
        if ref is None:
            final = [version for version in self.versions() if not version.is_prerelease]
            ref = next((t for t in self._tags() if final and _version(t) == final[-1]), "HEAD")
        try:
            return git.run(self._folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}").strip()
        except GitError as error:
            raise RungsError(
                f"The template at {self.source} has no version {ref}: give one of its tags or commits with --ref, "
                "or with --from if it is the one that this project was rendered from."
            ) from error

    def releases_between(self, version: str | None, commit: str) -> int:
        """Count the releases that a commit has and a version has not. Raises RungsError for an unknown version."""
        if version is None:
            raise RungsError("The answers do not say which version of the template they came from.")
        words = ("tag", "--list", "--merged", commit, "--no-merged", self.find(version))
        found = (_version(tag) for tag in git.run(self._folder, *words).split())
        return sum(version is not None and not version.is_prerelease for version in found)

    def name(self, commit: str) -> str:
        """Return what Copier writes down for a commit: its tag, or the nearest one and the commit."""
        return git.run(self._folder, "describe", "--tags", "--always", commit).strip()

    def export(self, commit: str) -> Path:
        """Return a folder with the files of a commit. It is shared: nobody writes into it."""
        folder = self._work / commit
        if not folder.exists():
            folder.mkdir()
            index = {"GIT_INDEX_FILE": str(self._work / f"{commit}.index")}
            words = (f"--git-dir={self._folder}", f"--work-tree={folder}", "read-tree", "--reset", "-u", commit)
            git.output(folder, *words, environment=index)
        return folder

    def changes(self, old: str, new: str) -> str:
        """Return the sections of the changelog of all releases after `old` up to `new`, both commits; newest first."""
        try:
            text = git.run(self._folder, "show", f"{new}:{CHANGELOG}")
            known = git.run(self._folder, "show", f"{old}:{CHANGELOG}")
        except GitError:
            return ""
        before = {heading for heading, _ in _sections(known)}
        return "\n\n".join(
            f"{heading}\n\n{body}" for heading, body in _sections(text) if heading not in before and body
        )

    def _tags(self) -> list[str]:
        return git.run(self._folder, "tag", "--list").split()


def _url(source: str, project: Path) -> str:
    for near in (Path(), project, project.parent):  # a relative path is as `copier copy` was given it, from anywhere
        if ":" not in source and (near / source).is_dir():
            return str((near / source).resolve())
    for start, form in HOSTS.items():
        if source.startswith(start):
            return form.format(source.removeprefix(start).removesuffix(".git") if start != "git+" else source[4:])
    return source


def _version(tag: str) -> Version | None:
    try:
        return Version(tag)
    except InvalidVersion:
        return None


def _sections(text: str) -> list[tuple[str, str]]:
    parts = re.split(r"^(## .*)$", text, flags=re.MULTILINE)
    return [(heading.strip(), body.strip()) for heading, body in zip(parts[1::2], parts[2::2], strict=True)]
