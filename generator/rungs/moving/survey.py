"""What has become of a project since it was rendered."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pathspec

from ..render import ANSWERS
from .move import render_at, seeds_of
from .project import Project
from .template import Template

MARKS = "^<<<<<<< (refs/rungs/yours|before updating)"  # ours, and Copier's


def conflicts(project: Project) -> list[str]:
    """Return the files that hold conflicts: open ones in the checkout, and marks that were committed."""
    repository = project.repository
    found = repository.git("grep", "-l", "-z", "-I", "-E", MARKS, project.head, "--", f"{repository.prefix}.", fine=1)
    marked = {path.split(":", 1)[1] for path in found.split("\0") if path}
    bare = repository.git("rev-parse", "--is-bare-repository").strip() == "true"
    return sorted(marked | (set() if bare else set(repository.unmerged())))


def drift(project: Project, template: Template) -> tuple[int, int]:
    """Count the managed files that the project has edited, and those that it has deleted."""
    repository = project.repository
    with TemporaryDirectory(prefix="rungs-") as name:
        work = Path(name)
        files = template.export(template.find(project.version))
        rendered = render_at(files, work / "before", project.saved, {}, ask=False)
        base = repository.entries(repository.tree_of_folder(rendered, work / "index"))
        seeded = pathspec.GitIgnoreSpec.from_lines(seeds_of(files))
    ours = repository.entries(project.committed())
    managed = [path for path in base if path != ANSWERS and not seeded.match_file(path)]
    edited = sum(path in ours and ours[path] != base[path] for path in managed)
    return edited, sum(path not in ours for path in managed)
