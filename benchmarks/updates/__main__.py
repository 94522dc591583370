"""What updates do to edited projects: Rungs, plain Copier, cruft, and Rungs' merge on a naive layout.

    uv run --with cruft python -m benchmarks.updates [--every N] [--sets N] [--rounds N] [--move climb|update]

Each edit of the corpus of the tests is made alone to a project, which then moves; so are sets of ten. The tools that
update in place get the two renders as the two versions of a template that holds plain files, seeds left alone.
"""

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import copier
import yaml

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import releases  # noqa: E402  the corpus is the tests'
from edits import CORPUS, Edit, together  # noqa: E402
from moves import Store  # noqa: E402

from . import systems  # noqa: E402
from .systems import Result  # noqa: E402

LEVELS = ["manual", "pipeline", "continuous"]
IDENTITY = {f"GIT_{role}_{what}": f"b@{role}.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def render(template: Path, level: str, folder: Path) -> Path:
    """Render a level of a template."""
    data = {"project_name": "credit-risk", "level": level}
    copier.run_copy(str(template), folder, data=data, defaults=True, quiet=True)
    return folder


def rows(name: str, move: Callable[[Sequence[Edit]], Result], cases: Sequence[Sequence[Edit]]) -> str:
    """Make moves and return the row of a system."""
    results = []
    for number, case in enumerate(cases, 1):
        results.append((case, move(case)))
        print(f"{name}: {number} of {len(cases)}", end="\r", file=sys.stderr, flush=True)
    conflicts = [case for case, result in results if result.conflicts]
    additive = [case for case in conflicts if all(edit.additive for edit in case)]
    lost = [result.lost for _, result in results]
    other = sum(bool(result.other) for _, result in results)
    half = sum(result.half for _, result in results)
    for case, result in results:
        if result.conflicts or result.lost or result.half or result.other:
            print(f"  {name}: {', '.join(edit.name for edit in case)}: {result}", file=sys.stderr)
    cells = (len(cases), sum(all(edit.additive for edit in case) for case in cases), len(conflicts), len(additive))
    return "| " + " | ".join([name, *map(str, cells), str(sum(lost)), str(half), str(other)]) + " |"


def cpu_seconds(*command: str, folder: Path) -> float:
    """Run a command and return the CPU seconds, user and system, of it and its children."""
    before = os.times()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def time_updates(plain: Path, copying: systems.Copier, low: str, work: Path, rounds: int) -> str:
    """Climb with Rungs and update an equal tree with Copier, in turns; return a line with CPU seconds."""
    released = releases.release(plain, work / "released")
    origin = work / "origin"
    data = {"project_name": "credit-risk", "level": low}
    copier.run_copy(str(released), origin, data=data, defaults=True, quiet=True, vcs_ref="v1.0.0")
    for words in (("init", "-q"), ("add", "-A", "-f"), ("commit", "-qm", "Render")):
        systems.git(origin, *words)
    pairs = []
    for number in range(rounds + 1):
        ours, theirs = (Path(shutil.copytree(folder, work / f"{name}-{number}", symlinks=True))
                        for name, folder in (("ours", origin), ("theirs", copying.fresh)))  # fmt: skip
        climb = (sys.executable, "-m", "rungs", "climb", "continuous", "--yes")
        update = (sys.executable, "-m", "copier", "update", "--defaults", "--quiet", "--vcs-ref", "v2")
        pairs.append((cpu_seconds(*climb, folder=ours), cpu_seconds(*update, folder=theirs)))
    first, second = zip(*pairs[1:], strict=True)
    ratios = [a / b for a, b in pairs[1:]]
    ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    return (
        f"CPU seconds, medians of {rounds} rounds: `rungs climb` {statistics.median(first):.2f}, "
        f"`copier update` of an equal plain tree {statistics.median(second):.2f}; ratio {ratio}"
    )


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--move", choices=["climb", "update"], default="climb")
    parser.add_argument("--every", type=int, default=1, help="try every so many-th edit with Copier and cruft")
    parser.add_argument("--sets", type=int, default=20, help="sets of ten edits, every other one additive")
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds of the times, 0 for none")
    options = parser.parse_args()
    os.environ.update(IDENTITY, GIT_CONFIG_GLOBAL=os.devnull)
    low, high = ("manual", "continuous") if options.move == "climb" else ("continuous", "continuous")
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        plain, second = work / "plain", work / "second"
        for folder in (plain, second):
            shutil.copytree(ROOT / "template", folder / "template", symlinks=True)
            shutil.copy(ROOT / "copier.yml", folder)
        releases.second(second)
        old = render(plain, low, work / "old")
        new = render(plain if options.move == "climb" else second, high, work / "new")
        seeds = yaml.safe_load((plain / "copier.yml").read_text())["_skip_if_exists"]
        store = Store(work / "store", seeds)
        trees = store.tree(old), store.tree(new)
        rank = LEVELS.index(low)
        edits = [edit for edit in CORPUS if LEVELS.index(edit.level) <= rank <= LEVELS.index(edit.until)]
        chance = random.Random(1)
        some = [[edit] for edit in edits[:: options.every]]
        adding = [edit for edit in edits if edit.additive]
        sets = [together(chance.sample(adding if n % 2 else edits, 10)) for n in range(options.sets)]
        copying = systems.Copier(work / "copier", old, new, seeds, store)
        head = ("moves", "only additive", "with conflicts", "of the additive", "lost lines", "half updated", "other")
        print("| system | " + " | ".join(head) + " |")
        print("|---|---|---|---|---|---|---|---|")
        fast = {"Rungs": systems.rungs(store, *trees), "naive layout": systems.flat(store, *trees)}
        slow = {"copier update": copying, "cruft update": systems.Cruft(work / "cruft", old, new, seeds, store)}
        for title, move in fast.items():
            print(rows(title, move, [[edit] for edit in edits]), flush=True)
        for title, tool in slow.items():
            print(rows(title, tool, some), flush=True)
        for title, system in {**fast, **slow}.items():
            print(rows(f"{title}, sets of ten", system, sets), flush=True)
        if options.rounds and options.move == "climb":
            print("\n" + time_updates(plain, copying, low, work, options.rounds))


if __name__ == "__main__":
    main()
