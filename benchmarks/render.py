"""How long a render takes: level continuous against `rungs new`, bare Copier on an equal plain tree, and `cp -r`.

    python -m benchmarks.render [--runs N]

Each round runs all four, one after the other; ratios are taken within a round, so that a slow moment of the machine
weighs on all of them. CPU seconds of the whole process, children included.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rungs import places, render

LEVEL = "level=continuous"
TARGET = "TARGET"  # stands for the folder to render into


def cpu_seconds(*command: str) -> float:
    """Run a command and return the CPU seconds, user and system, of it and its children."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    """Print a Markdown table of medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7, help="counted rounds, after one that is not counted")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours, plain = folder / "ours", folder / "plain"
        ours.mkdir()
        shutil.copy(places.root() / "copier.yml", ours)
        shutil.copytree(places.root() / "template", ours / "template")
        with render.rendered({"level": "continuous"}) as project:
            shutil.copytree(project, plain / "template", symlinks=True)
        files = sum(path.is_file() for path in (plain / "template").rglob("*"))
        (plain / "copier.yml").write_text("_subdirectory: template\n")
        copier = (sys.executable, "-m", "copier", "copy", "--defaults", "--quiet")
        new = (sys.executable, "-m", "rungs", "new", "--defaults", "--template", str(ours))
        commands = {
            "`copier copy`, level continuous": (*copier, "--data", LEVEL, str(ours), TARGET),
            "`rungs new`, the same": (*new, TARGET, LEVEL),
            "bare Copier, equal plain tree": (*copier, str(plain), TARGET),
            "`cp -r`": ("cp", "-r", str(plain / "template"), TARGET),
        }
        rounds = []
        for number in range(runs + 1):
            seconds = []
            for position, words in enumerate(commands.values()):
                target = str(folder / f"out-{number}-{position}")
                seconds.append(cpu_seconds(*(target if word == TARGET else word for word in words)))
            rounds.append(seconds)
        rounds = rounds[1:]
    print(f"{files} files, {runs} rounds, Python {sys.version.split()[0]}\n")
    print("| | CPU seconds (median) | the first / it: median (min to max) |\n|---|---|---|")
    for position, title in enumerate(commands):
        seconds = statistics.median(times[position] for times in rounds)
        ratios = [times[0] / max(times[position], 1e-3) for times in rounds]
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})" if position else ""
        print(f"| {title} | {seconds:.3f} | {spread} |")


if __name__ == "__main__":
    main()
