"""Versions of the template: what was released, and a second version that changes what the first one rendered."""

import shutil
import subprocess
from pathlib import Path

import pytest

from rungs import releases
from world import ROOT, commit, git

REMOVED = ".github/pull_request_template.md"
RENAMED = ("tests/test_storage.py", "tests/test_files.py")
# Lines of the template, each with what the second version has there.
CHANGED = {
    "Makefile.jinja": ("## Format the code", "## Format all of the code"),
    "README.md.jinja": ("git and make, and no account anywhere.", "git and make, and no account."),
    ".github/workflows/ci.yml": ("timeout-minutes: 15", "timeout-minutes: 25"),
    "src/{{package_name}}/ops/metrics.py": (
        '"""Mean squared error of the probabilities."""',
        '"""Mean squared error of the probabilities (Brier, 1950)."""',
    ),
    "pyproject.toml.jinja": ('    "msgspec>=0.19",\n', '    "msgspec>=0.19",\n    "narwhals>=1",\n'),
    "infra/aws/variables.tf": ('default     = "10.20.0.0/16"', 'default     = "10.30.0.0/16"'),
    "serving/fastapi/Dockerfile.jinja": ("FROM ", "# Built by `make image`.\nFROM "),
    "docs/monitoring.md": ("\n## ", "\nEach check is a module.\n\n## "),
    "src/{{package_name}}/schema.py": (
        '"""What the data',
        '# A seed: this line reaches new projects only.\n"""What the data',
    ),
}


def released(version: str, folder: Path) -> Path:
    """Write the template of a release into a new folder, as git has it. Skips where the clone does not reach so far."""
    objects = releases.frozen(ROOT)[version]["template"]
    if subprocess.run(["git", "cat-file", "-e", objects["template"]], cwd=ROOT, capture_output=True).returncode:
        pytest.skip(f"this clone has no history back to {version}: fetch all of it (git fetch --unshallow)")
    (folder / "template").mkdir(parents=True)
    archive = subprocess.run(["git", "archive", objects["template"]], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", folder / "template"], input=archive.stdout, check=True)
    (folder / "copier.yml").write_text(git(ROOT, "cat-file", "blob", objects["copier.yml"]))
    return folder


def history(past: str, now: Path, folder: Path) -> Path:
    """Make a repository of the template with a release and, as v999.0.0, the template of now."""
    commit(released(past, folder), past)
    git(folder, "tag", past)
    shutil.rmtree(folder / "template")
    shutil.copytree(now, folder, symlinks=True, dirs_exist_ok=True)
    commit(folder, "Now")
    git(folder, "tag", "v999.0.0")
    return folder


def second(template: Path) -> None:
    """Turn a copy of the template (the folder that holds copier.yml) into its second version."""
    files = template / "template"
    for name, (old, new) in CHANGED.items():
        path = files / name
        text = path.read_text()
        assert old in text, f"{name} has no `{old}`: change what the second version changes"
        path.write_text(text.replace(old, new, 1))
    (files / REMOVED).unlink()
    (files / f"{RENAMED[0]}.jinja").rename(files / f"{RENAMED[1]}.jinja")


def release(first: Path, folder: Path) -> Path:
    """Make a repository of a template with a first release, v1.0.0, and a second one, v2.0.0."""
    shutil.copytree(first, folder, symlinks=True)
    commit(folder, "First")
    git(folder, "tag", "v1.0.0")
    second(folder)
    commit(folder, "Second")
    git(folder, "tag", "v2.0.0")
    return folder
