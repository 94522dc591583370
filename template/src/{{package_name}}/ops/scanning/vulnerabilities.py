"""Known vulnerabilities of the locked packages, asked of OSV.dev by `uv audit`, which needs the network."""

import os
import shutil
import subprocess
from pathlib import Path

from ..errors import ProjectError
from . import Report, ScanSettings

CURE = (
    "Raise the package: `uv lock --upgrade-package NAME`. Nothing mends it yet, or it does not concern you? Write its "
    "id into `ignore-until-fixed` or `ignore` of [tool.uv.audit] in pyproject.toml, with the reason as a comment"
)


def check() -> Report:
    """Ask for every package in uv.lock, whatever system or group it is for.

    Where nobody answers the report says NOT CHECKED; in CI (environment CI) that is red. Raises ProjectError if there
    is no lock.
    """
    if not Path("uv.lock").is_file():
        raise ProjectError("uv.lock is missing: `make setup` writes it; commit it.")
    uv = os.environ.get("UV") or shutil.which("uv") or ""
    service = ScanSettings.load().vulnerability_service
    options = ["--service-url", service] if service else []
    command = [uv, "audit", "--frozen", "--preview-features", "audit-command", *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
        status, said, complaint = done.returncode, done.stdout.strip(), done.stderr.strip()
    except OSError:
        status, said, complaint = 2, "", "uv is not installed"
    counted = next((line for line in complaint.splitlines() if line.startswith("Found ")), "")
    if status == 0 and counted:
        return Report(counted)
    if status == 1 and counted:
        return Report(counted, [f"{said}\n\n{CURE}."])
    if "unrecognized subcommand" in complaint:
        complaint = "this uv is too old to ask: `uv self update`"
    sentence = f"NOT CHECKED: nobody could be asked for vulnerabilities ({' '.join(complaint.split())[:600]})."
    in_ci = os.environ.get("CI", "").lower() not in ("", "0", "false")
    return Report("", [sentence]) if in_ci else Report("", [], [sentence])
