"""Files that are renamed, moved, deleted, given other line ends, or no text at all. Applied last."""

from .base import PACKAGE, Collection, Folder

EDITS = Collection()
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


@EDITS.adds("add a picture")
def _(project: Folder) -> None:
    project.new("docs/committee.png", PICTURE)


@EDITS.adds("add a table in Parquet")
def _(project: Folder) -> None:
    project.new("tests/data/rows.parquet", b"PAR1" + bytes(500) + b"PAR1")


@EDITS.adds("add a program")
def _(project: Folder) -> None:
    project.new("scripts/backfill.sh", "#!/bin/sh\nexec make retrain\n").chmod(0o755)


@EDITS.adds("add a link between files")
def _(project: Folder) -> None:
    (project.root / "CONTRIBUTING.md").symlink_to("docs/architecture.md")


@EDITS.adds("add a file with letters of our language")
def _(project: Folder) -> None:
    project.new("docs/größen und maße.md", "# Größen\n\nAlle Beträge in €.\n")


@EDITS.adds("add an empty file")
def _(project: Folder) -> None:
    project.new("scripts/__init__.py", "")


@EDITS.adds("add a file without a last line end")
def _(project: Folder) -> None:
    project.new(".python-version", "3.12")


@EDITS.adds("add a file that is like one of the template")
def _(project: Folder) -> None:
    text = (project.root / project.find("docs/release-checklist.md")[0]).read_bytes()
    project.new("docs/release-checklist-europe.md", text + b"- [ ] The regulator knows\n")


@EDITS.changes("delete the notebook")
def _(project: Folder) -> None:
    project.delete("notebooks/analysis.ipynb")


@EDITS.changes("rename a seeded module")
def _(project: Folder) -> None:
    project.move(f"{PACKAGE}/features.py", f"{PACKAGE}/ratios.py")


@EDITS.changes("delete the simulator and its test")
def _(project: Folder) -> None:
    project.delete(f"{PACKAGE}/simulator.py")
    project.delete("tests/test_simulator.py")


@EDITS.changes("move a page")
def _(project: Folder) -> None:
    project.move("docs/architecture.md", "docs/guide/architecture.md")


@EDITS.changes("rename a page")
def _(project: Folder) -> None:
    project.move("docs/monitoring.md", "docs/checks.md")


@EDITS.changes("move a folder")
def _(project: Folder) -> None:
    project.move("infra/aws/modules/bucket", "infra/modules/bucket")


@EDITS.changes("move a page out of a folder that grows")
def _(project: Folder) -> None:
    project.move("docs/runbook/service.md", "runbook/service.md")


@EDITS.changes("rename a file of resources")
def _(project: Folder) -> None:
    project.move("infra/aws/network.tf", "infra/aws/vpc.tf")


@EDITS.changes("rename a test")
def _(project: Folder) -> None:
    project.move("tests/test_cli.py", "tests/test_commands.py")


@EDITS.changes("move a managed module")
def _(project: Folder) -> None:
    project.move(f"{PACKAGE}/ops/steps.py", f"{PACKAGE}/ops/order.py")


@EDITS.changes("delete a managed file")
def _(project: Folder) -> None:
    project.delete(".github/dependabot.yml")


@EDITS.changes("delete a managed file that the template changes")
def _(project: Folder) -> None:
    project.delete("serving/fastapi/compose.yaml")


@EDITS.changes("delete a managed file that the template removes")
def _(project: Folder) -> None:
    project.delete(".github/pull_request_template.md")


@EDITS.changes("delete a folder")
def _(project: Folder) -> None:
    for name in ("main", "outputs", "variables", "versions"):
        project.delete(f"infra/aws/modules/key/{name}.tf")


@EDITS.changes("delete a test")
def _(project: Folder) -> None:
    project.delete("tests/test_notebook.py")


@EDITS.changes("make a managed file a program")
def _(project: Folder) -> None:
    path = project.root / project.find(f"{PACKAGE}/ops/cli.py")[0]
    path.chmod(0o755)


@EDITS.changes("give a file line ends of Windows")
def _(project: Folder) -> None:
    project.windows("infra/aws/variables.tf")


@EDITS.changes("give the README line ends of Windows")
def _(project: Folder) -> None:
    project.windows("README.md")


@EDITS.changes("give pyproject.toml line ends of Windows")
def _(project: Folder) -> None:
    project.windows("pyproject.toml")


@EDITS.changes("give a seeded file line ends of Windows")
def _(project: Folder) -> None:
    project.windows(f"{PACKAGE}/schema.py")
