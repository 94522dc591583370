"""What checkers find in the CI files of each system, how much of what they fetch is pinned, and how long jobs take.

    CI_RUNNERS_DIR=DIR RUNGS_TOOLS=DIR [RUNGS_CHECKOV=FILE] uv run python -m benchmarks.ci [--system ID]... [--execute]

Renders level `continuous` with each system. `--execute` runs the jobs that a change starts, but for the images, in
clean checkouts with the packages that uv has kept: seconds of the whole job on this machine. No timings are compared.
`--stage` chooses among them. Few of a project's own tests are kept: they are the same in each system, and Jenkins runs
`check` before all else.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from rungs import catalog as catalogs
from rungs import places, render
from rungs.models import Component, Event

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import doubles
import osv
from running import outside
from systems import running
from world import commit

TOOLS = Path(os.environ.get("RUNGS_TOOLS", "")) / "ci-runners"
CHECKOV = os.environ.get("RUNGS_CHECKOV", "checkov")
FRAMEWORKS = {
    "github-actions": "github_actions",
    "gitlab-ci": "gitlab_ci",
    "azure-devops": "azure_pipelines",
    "circleci": "circleci_pipelines",
}
NAMED = """
import json
from credit_risk.ops import pinning

print(json.dumps([(one.path.as_posix(), one.kind, one.pinned, one.open) for one in pinning.references()[0]]))
"""  # what a project fetches, as its own `make pin` finds it
ELSEWHERE = {"image"}  # benchmarks and tests of containers build them


@dataclass
class Row:
    """What was found of one system. Seconds are by stage; None where the job did not end green.

    Of the actions that the files name, how many have a commit; of the images, how many `make pin` can give a digest.
    """

    title: str
    files: int = 0
    findings: int = 0
    checkov: str = "no rules"
    actions: str = ""
    images: str = ""
    seconds: dict[str, float | None] = field(default_factory=dict)


def main() -> None:
    """Print a Markdown table with a row for each system."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--system", action="append", default=[], help="only this one; may be given more than once")
    parser.add_argument("--execute", action="store_true", help="run the jobs of a change, too")
    parser.add_argument("--stage", action="append", default=[], help="only this job; may be given more than once")
    given = parser.parse_args()
    if not (TOOLS / "ci-check").is_file():
        parser.error("RUNGS_TOOLS names no folder with ci-runners, which check and run the files")
    for role in ("AUTHOR", "COMMITTER"):
        os.environ |= {f"GIT_{role}_NAME": "bench", f"GIT_{role}_EMAIL": "bench@example.com"}
    catalog = catalogs.load(places.root())
    systems = [c for c in catalog.members("ci") if not given.system or c.id in given.system]
    under_review = [
        stage.id
        for stage in catalog.stages
        if Event.change in stage.by and stage.id not in ELSEWHERE and (not given.stage or stage.id in given.stage)
    ]
    print(
        "| system | files | ci-check | checkov | actions with commits | images for `make pin` | seconds of each job |"
    )
    print("|---" * 7 + "|", flush=True)
    for system in systems:
        row = _row(system, under_review if given.execute else [])
        jobs = ", ".join(f"{name} {'red' if took is None else f'{took:.0f}'}" for name, took in row.seconds.items())
        cells = (row.title, row.files, row.findings, row.checkov, row.actions, row.images, jobs)
        print(f"| {' | '.join(map(str, cells))} |", flush=True)


def _row(system: Component, stages: list[str]) -> Row:
    row = Row(system.title)
    with render.rendered({"level": "continuous", "ci": system.id}) as rendered, tempfile.TemporaryDirectory() as name:
        project = Path(name) / "credit-risk"
        subprocess.run(["cp", "-r", rendered, project], check=True)
        commit(project, "Render")
        files = [project / path for path in dict.fromkeys(system.stages.values())]
        row.files = len(files)
        # GitLab reads its files together, from the one that includes them; the others hold each alone.
        whole = project / ".gitlab-ci.yml"
        for file in [whole] if whole.exists() else files:
            words = [TOOLS / "ci-check", system.id, file, "--workspace", project]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            row.findings += sum(line.startswith("FAIL") for line in done.stdout.splitlines())
        row.actions, row.images = _named(project, {str(path.relative_to(project)) for path in files})
        if system.id in FRAMEWORKS:
            row.checkov = str(_checkov(project, FRAMEWORKS[system.id]))
        if stages:
            row.seconds = _execute(system, project, stages)
    return row


def _named(project: Path, files: set[str]) -> tuple[str, str]:
    """Shares of the actions and of the images that CI's files name."""
    words = ["uv", "run", "--quiet", "python", "-c", NAMED]
    done = subprocess.run(words, cwd=project, env=outside(), capture_output=True, text=True, check=True)
    files = files | {".gitlab-ci.yml"}
    found = [one for one in json.loads(done.stdout) if one[0] in files or one[0].startswith((".github/", "ci/"))]
    actions = [pinned for _, kind, pinned, _ in found if kind == "action"]
    images = [not unknown for _, kind, _, unknown in found if kind == "image"]
    return f"{sum(actions)} of {len(actions)}", f"{sum(images)} of {len(images)}"


def _checkov(project: Path, framework: str) -> int:
    words = [CHECKOV, "--directory", ".", "--framework", framework, "--output", "json", "--quiet", "--compact"]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    return sum(part.get("summary", {}).get("failed", 0) for part in (told if isinstance(told, list) else [told]))


def _execute(system: Component, project: Path, stages: list[str]) -> dict[str, float | None]:
    seconds: dict[str, float | None] = {}
    with osv.serving() as address, tempfile.TemporaryDirectory() as name:
        terraform = doubles.program(doubles.command(TOOLS.parent), Path(name))
        running.settle(project, address)
        commit(project, "Settle")
        for stage in stages:
            print(f"{system.id}: {stage} ...", file=sys.stderr)
            start = time.monotonic()
            done = running.change(TOOLS, system, project, stage, terraform)
            seconds[stage] = time.monotonic() - start if done.returncode == 0 else None
    return seconds


if __name__ == "__main__":
    main()
