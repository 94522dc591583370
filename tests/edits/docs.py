"""What teams write down: paragraphs, rows and links in the README, and pages of their own."""

from .base import Collection, Folder

EDITS = Collection()
README = "README.md"


@EDITS.adds("write at the start of the README")
def _(project: Folder) -> None:
    project.before(README, "The sample data is **simulated**", "Owned by the risk team; ask in #risk-models.\n\n")


@EDITS.adds("write above the title of the README")
def _(project: Folder) -> None:
    project.start(README, "[![ci](https://ci.example.com/badge.svg)](https://ci.example.com)\n\n")


@EDITS.adds("add a section in the middle of the README")
def _(project: Folder) -> None:
    project.before(README, "## What is yours, and what is ours", "## Our committee\n\nIt meets on Mondays.\n\n")


@EDITS.adds("add a section before the links of the README")
def _(project: Folder) -> None:
    project.before(README, "## Read on", "## Who to ask\n\nAnna for the model, Ben for the cloud.\n\n")


@EDITS.adds("add a paragraph to a section of the README")
def _(project: Folder) -> None:
    project.before(README, "## Level", "Windows users work in WSL.\n\n")


@EDITS.adds("add a section at the end of the README")
def _(project: Folder) -> None:
    project.end(README, "\n## Our team\n\nWe meet on Mondays.\n")


@EDITS.adds("add a row to the commands, last")
def _(project: Folder) -> None:
    project.after(README, "| build the images, check the infra", "| write the slides | `make slides` |\n")


@EDITS.adds("add a row to the commands, first")
def _(project: Folder) -> None:
    project.before(README, "| check what you changed |", "| fetch the exports | `make exports` |\n")


@EDITS.adds("add a row to the workflows")
def _(project: Folder) -> None:
    project.last(README, "| Workflow | When |", "\n", "| `slides.yml` | by hand | `make slides` |\n")


@EDITS.adds("add a row to the variables", level="pipeline")
def _(project: Folder) -> None:
    project.last(README, "| Variable | Value |", "\n", "| `INDEX` | our packages | the public index |\n")


@EDITS.adds("add a row on whose is what")
def _(project: Folder) -> None:
    project.before(README, "| `artifacts/` | nobody's |", "| `scripts/` | yours | what runs once |\n")


@EDITS.adds("add a link to the README, first")
def _(project: Folder) -> None:
    project.before(README, "- [Architecture](docs/architecture.md)", "- [Decisions](docs/decisions/): why it is so\n")


@EDITS.adds("add a link to the README, last")
def _(project: Folder) -> None:
    project.last(README, "- [Architecture](docs/architecture.md)", "\n", "- [Scorecard](docs/scorecard.md): points\n")


@EDITS.changes("say that the data is real")
def _(project: Folder) -> None:
    project.replace(README, "The sample data is **simulated**", "The data is **real**; only the sample is simulated")


@EDITS.changes("take a section out of the README")
def _(project: Folder) -> None:
    project.cut(README, "## Containers", "## Monitoring with")


@EDITS.changes("change the description in the README")
def _(project: Folder) -> None:
    project.replace(README, "Predicts whether a credit application", "Says whether a credit application")


@EDITS.changes("change what the template changes in the README, too")
def _(project: Folder) -> None:
    project.replace(README, "You need Python 3.11", "You need a laptop of ours, Python 3.11")


@EDITS.adds("write a decision down")
def _(project: Folder) -> None:
    project.new("docs/decisions/0001-forest.md", "# A forest\n\nThe committee knows it.\n")


@EDITS.adds("add a paragraph to a page")
def _(project: Folder) -> None:
    project.before("docs/architecture.md", "## The code", "Our warehouse delivers at 02:00.\n\n")


@EDITS.adds("add a line to the checklist")
def _(project: Folder) -> None:
    project.end("docs/release-checklist.md", "- [ ] The risk committee has seen the report.\n")


@EDITS.adds("add a runbook of our own")
def _(project: Folder) -> None:
    project.new("docs/runbook/warehouse.md", "# The warehouse is late\n\nCall Ben.\n")


@EDITS.adds("add a step to a runbook")
def _(project: Folder) -> None:
    project.end("docs/runbook/service.md", "\n## NobodyAsks\n\nLook at the branch system first.\n")


@EDITS.adds("add a note to a page that a level brings", level="pipeline")
def _(project: Folder) -> None:
    project.end("docs/gate.md", "\nOur committee sets the thresholds each January.\n")


@EDITS.adds("add a price to the table of the cloud")
def _(project: Folder) -> None:
    project.before("infra/aws/README.md", "Cheaper: `architecture", "We pay list prices less 12%.\n\n")


@EDITS.adds("add a note on serving")
def _(project: Folder) -> None:
    project.end("serving/fastapi/README.md", "\n## Our callers\n\nThe branch system, and nobody else.\n")
