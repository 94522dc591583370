"""A move, from what is asked for to what it would change, and into the project."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from ..errors import RungsError
from ..preview import Difference, difference
from ..render import ANSWERS, again, saved_answers
from . import merge as merging
from . import project as projects
from . import write as writing
from .merge import Merged
from .project import Project, named
from .template import Template, Templates


@dataclass(frozen=True)
class Wish:
    """What is asked for: answers that change, and a version of the template. None stays at the project's own version.

    `newest` asks for the newest release; `ref` for a certain one. `since` and `template` replace what the project's
    answers say about the version and the place that it came from.
    """

    answers: Mapping[str, str]
    newest: bool = False
    ref: str | None = None
    since: str | None = None
    template: str | None = None


@dataclass(frozen=True)
class Move:
    """A move that is ready to be written."""

    project: Project
    before: str
    after: str
    old_version: str
    new_version: str
    answers: Mapping[str, tuple[str | None, str | None]]
    changelog: str
    difference: Difference
    merged: Merged

    @property
    def conflicts(self) -> tuple[str, ...]:
        """Paths where both sides changed the same lines."""
        return self.merged.conflicts

    @property
    def empty(self) -> bool:
        """Whether nothing would change, not even the answers."""
        return self.before == self.after


def prepare(project: Project, wish: Wish, *, ask: bool, templates: Templates | None = None) -> Move:
    """Work a move out beside the project. `ask` puts questions that are new; else they take their defaults.

    `templates` are kept from move to move; without them, the template is fetched for this one.

    Raises RungsError for all that stands in the way; the project's files stay as they are.
    """
    merging.check_git(project.repository)
    with TemporaryDirectory(prefix="rungs-") as folder:
        work = Path(folder)
        found = (templates or Templates(work / "templates")).get(wish.template or project.source, project.folder)
        return _prepare(project, wish, found, work, ask)


def _prepare(project: Project, wish: Wish, template: Template, work: Path, ask: bool) -> Move:
    repository = project.repository
    package = project.answers.get("package_name")
    if wish.answers.get("package_name", package) != package:
        raise RungsError(
            f"package_name stays {package}: your own files stand in its folder and import from it, and no merge can "
            "move them. The project can have another name without it: project_name=..."
        )
    since = wish.since or project.version
    if since is None:
        raise RungsError(
            f"{ANSWERS} does not say which version of the template it came from: name that one with --from."
        )
    old = template.find(since)
    new = template.find(wish.ref) if wish.ref or wish.newest else old
    old_files, new_files = template.export(old), template.export(new)
    saved = project.saved
    before = render_at(old_files, work / "before", saved, {}, ask=False)
    base = repository.tree_of_folder(before, work / "index")

    def earlier(answers: str) -> projects.Files:
        folder = render_at(old_files, work / "earlier", answers, {}, ask=False)
        return repository.entries(repository.tree_of_folder(folder, work / "index"))

    projects.check_answers(project, repository.entries(base), earlier)
    changed = dict(wish.answers)
    after = render_at(new_files, work / "after", saved, changed, ask=ask)
    _write_source(after / ANSWERS, wish.template or project.source, template.name(new))
    answers = _compare_answers(before, after, changed)
    yours = project.committed()
    result = merging.merge(
        repository, base, yours, repository.tree_of_folder(after, work / "index"), seeds_of(old_files, new_files), work
    )
    whole = _whole(project, result.tree, work)
    return Move(
        project=project,
        before=repository.git("rev-parse", f"{project.head}^{{tree}}").strip(),
        after=whole,
        old_version=template.name(old),
        new_version=template.name(new),
        answers=answers,
        changelog="" if old == new else template.changes(old, new),
        difference=difference(repository.entries(yours), repository.entries(result.tree)),
        merged=result,
    )


def check_discard(move: Move, discard: bool) -> None:
    """Raise RungsError when files that the project edited would go, and `discard` does not say that they may."""
    if move.merged.edited and not discard:
        raise RungsError(
            f"This would delete files that you edited: {named(list(move.merged.edited))}. "
            "Say --discard to do it; your last commit is kept on a branch of its own first."
        )


def carry_out(move: Move, *, discard: bool = False) -> str | None:
    """Write a move into the project's files and index, and return the branch that keeps what it discards, if any.

    Raises RungsError when files that the project edited would go and `discard` is not set.
    """
    check_discard(move, discard)
    repository, branch = move.project.repository, None
    if move.merged.edited:
        branch = _free_branch(move)
        repository.git("branch", branch, move.project.head)
    if not move.empty:
        title = f"{move.old_version} to {move.new_version}"
        writing.write(repository, writing.Note(title, move.before, move.after, _prefixed(move)))
    return branch


def render_at(template: Path, target: Path, saved: str, changes: Mapping[str, str], *, ask: bool) -> Path:
    """Render a project again from its saved answers and some changes, into an empty folder."""
    target.mkdir()
    lines = [line for line in saved.splitlines() if not line.startswith(("_src_path:", "_commit:"))]
    (target / ANSWERS).write_text("\n".join([*lines, f"_src_path: {template}", ""]))
    again(target, {**changes, "allow_down": "true"}, ask=ask)
    return target


def _write_source(answers: Path, source: str, version: str) -> None:
    lines = [line for line in answers.read_text().splitlines() if not line.startswith(("_src_path:", "_commit:"))]
    own = yaml.safe_dump({"_commit": version, "_src_path": source}).splitlines()
    start = next((number for number, line in enumerate(lines) if not line.startswith("#")), 0)
    answers.write_text("\n".join([*lines[:start], *own, *lines[start:], ""]))


def _compare_answers(before: Path, after: Path, changed: Mapping[str, str]) -> dict[str, tuple[str | None, str | None]]:
    old, new = saved_answers(before), saved_answers(after)
    for key, value in changed.items():
        if key not in new:
            raise RungsError(f"`{key}` has no meaning with these answers, so it cannot be {value}: leave it out.")
    for key, value in old.items():
        if key in new and new[key] != value and key not in changed:
            raise RungsError(
                f"{key}={value} does not go with these answers, and would silently become {new[key]}: "
                f"say so with {key}={new[key]}, or ask for something else."
            )
    keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return {key: (old.get(key), new.get(key)) for key in keys}


def seeds_of(*templates: Path) -> list[str]:
    """Return the patterns of what belongs to the user, in any of these versions of the template."""
    patterns: list[str] = []
    for template in templates:
        patterns += yaml.safe_load((template / "copier.yml").read_text()).get("_skip_if_exists", [])
    return list(dict.fromkeys(patterns))


def _whole(project: Project, tree: str, work: Path) -> str:
    """Put the tree of the project into that of its repository, where it lies in a folder of it."""
    repository = project.repository
    if not repository.prefix:
        return tree
    index = work / "index"
    repository.git("read-tree", project.head, index=index)
    repository.git("rm", "-r", "-q", "--cached", "--ignore-unmatch", "--", repository.prefix, index=index)
    repository.git("read-tree", f"--prefix={repository.prefix}", tree, index=index)
    return repository.git("write-tree", index=index).strip()


def _prefixed(move: Move) -> str:
    prefix = move.project.repository.prefix
    lines = [line.replace("\t", f"\t{prefix}", 1) for line in move.merged.stages.split("\0") if line]
    return "".join(f"{line}\0" for line in lines)


def _free_branch(move: Move) -> str:
    repository = move.project.repository
    stem = f"before-{move.new_version}" if move.old_version != move.new_version else f"before-{move.project.head[:8]}"
    number = 1
    while repository.find(f"refs/heads/rungs/{stem}{'' if number == 1 else f'-{number}'}") is not None:
        number += 1
    return f"rungs/{stem}{'' if number == 1 else f'-{number}'}"


def resolve_interrupted(folder: Path, action: str) -> tuple[str, list[str]]:
    """Resume or restore a move that was cut off. Returns what it was, and the files that were saved aside."""
    repository = projects.find(folder)
    note = writing.pending(repository)
    if note is None:
        raise RungsError("No move of this project was cut off: there is nothing to resume or restore.")
    saved = (writing.resume if action == "resume" else writing.restore)(repository, note)
    return note.title, saved


def check_interrupted(folder: Path) -> None:
    """Raise RungsError when a move of the project was cut off."""
    repository = projects.find(folder)
    note = writing.pending(repository)
    if note is not None:
        raise RungsError(
            f"A move of this project ({note.title}) was cut off: finish it with --resume, or take it back with "
            "--restore."
        )
