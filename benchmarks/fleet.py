"""How many projects a minute `rungs fleet` updates, with how much memory, and where the time goes.

    uv run --with psutil python -m benchmarks.fleet [--projects N] [--jobs N]

Renders a few projects of a first release of the template, copies them to a fleet, each with an answer and an edit of
its own, and updates all of them to a second release that changes a line in three files.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import yaml

from rungs import places, render

LEVELS = ("manual", "pipeline", "continuous")
IDENTITY = {f"GIT_{role}_{what}": "bench" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(folder: Path, *words: str) -> None:
    """Run git in a folder."""
    subprocess.run(["git", *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def commit(folder: Path, message: str) -> None:
    """Commit everything in a folder."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


def template(folder: Path) -> Path:
    """Make a repository of the template with two releases."""
    shutil.copytree(places.root() / "template", folder / "template", symlinks=True)
    shutil.copy(places.root() / "copier.yml", folder)
    commit(folder, "First")
    git(folder, "tag", "v1.0.0")
    for name, old, new in (
        ("Makefile.jinja", "## Format the code", "## Format all of the code"),
        ("README.md.jinja", "## Commands", "## All commands"),
        ("docs/monitoring.md", "\n## ", "\nIn short: a number and a limit.\n\n## "),
    ):
        path = folder / "template" / name
        text = path.read_text()
        assert old in text, name
        path.write_text(text.replace(old, new, 1))
    commit(folder, "Second")
    git(folder, "tag", "v2.0.0")
    return folder


def fleet(folder: Path, source: Path, count: int) -> None:
    """Make so many projects, of all levels."""
    for level in LEVELS[:count]:
        model = folder / f"model-{level}"
        render.new(str(source), model, {"level": level}, ask=False, ref="v1.0.0", quiet=True)
    for number in range(count):
        project = folder / f"project-{number:03}"
        shutil.copytree(folder / f"model-{LEVELS[number % len(LEVELS)]}", project, symlinks=True)
        answers = project / ".copier-answers.yml"
        content = yaml.safe_load(answers.read_text())
        answers.write_text(yaml.safe_dump({**content, "description": f"Project {number}."}))
        commit(project, "Render")
        (project / "README.md").open("a").write(f"\nOur project {number}.\n")
        commit(project, "Our line")


def peak(process: psutil.Process, stop: threading.Event, found: list[int]) -> None:
    """Note the largest sum of the proportional memory of a process and its children, in bytes."""
    while not stop.wait(0.5):
        try:
            family = [process, *process.children(recursive=True)]
            found[0] = max(found[0], sum(one.memory_full_info().pss for one in family))
        except psutil.Error:
            continue


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--projects", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    os.environ.update(IDENTITY)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "fleet").mkdir()
        print(f"Making {options.projects} projects ...", file=sys.stderr)
        fleet(folder / "fleet", template(folder / "rungs"), options.projects)
        names = [str(path) for path in sorted((folder / "fleet").glob("project-*"))]
        (folder / "fleet.txt").write_text("\n".join(names))
        print("| command | projects | seconds | projects a minute | peak memory (MiB) | outcomes |")
        print("|---|---|---|---|---|---|")
        for words in (["status", "--quick"], ["status"], ["update"], ["update"]):
            command = [sys.executable, "-m", "rungs", "fleet", *words, "--inventory", "fleet.txt", "--json", "out.json"]
            started = time.perf_counter()
            process = subprocess.Popen(
                [*command, "--jobs", str(options.jobs)],
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stop, found = threading.Event(), [0]
            watcher = threading.Thread(target=peak, args=(psutil.Process(process.pid), stop, found))
            watcher.start()
            process.wait()
            took = time.perf_counter() - started
            stop.set()
            watcher.join()
            outcomes = [row["outcome"] or "looked at" for row in json.loads((folder / "out.json").read_text())]
            counts = ", ".join(f"{outcomes.count(one)} {one}" for one in sorted(set(outcomes)))
            print(
                f"| fleet {' '.join(words)} | {len(names)} | {took:.1f} | {60 * len(names) / took:.0f} "
                f"| {found[0] / 2**20:.0f} | {counts} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
