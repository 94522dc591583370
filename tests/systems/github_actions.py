"""GitHub Actions: every job of every workflow."""

from pathlib import Path
from typing import Any

import yaml

from . import Job, targets

EVENTS = {
    "pull_request": "change",
    "push": "main",
    "schedule": "schedule",
    "repository_dispatch": "call",
    "workflow_dispatch": "hand",
}


def read(project: Path) -> dict[str, Job]:
    """Return the jobs of a project by name."""
    jobs: dict[str, Job] = {}
    for path in sorted((project / ".github/workflows").glob("*.yml")):
        workflow = yaml.safe_load(path.read_text())
        for name, job in workflow["jobs"].items():
            jobs[name] = _job(workflow, job)
    return jobs


def _job(workflow: dict[Any, Any], job: dict[str, Any]) -> Job:
    starts = workflow[True]  # YAML reads the key `on` as true
    needs = {job["needs"]} if isinstance(job.get("needs"), str) else set(job.get("needs", ()))
    script = "\n".join(step.get("run", "") for step in job["steps"])
    return Job(
        on=set() if needs else {EVENTS[event] for event in starts if event in EVENTS},
        after=needs or set(starts.get("workflow_run", {}).get("workflows", ())),
        approval=job.get("environment") == "production",
        runs=targets(script),
        minutes=job["timeout-minutes"],
        sees=_sees(workflow, job),
    )


def _sees(workflow: dict[Any, Any], job: dict[str, Any]) -> set[str]:
    rights = {f"{name}: {right}" for name, right in job["permissions"].items() if right != "read"}
    text = str(workflow.get("env", "")) + str(job)
    return rights | {context for context in ("vars.", "secrets.", "toJSON(vars)") if context in text}
