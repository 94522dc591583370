"""What an engineer does to the shared files of the code: pyproject.toml, Makefile, images, hooks."""

from .base import Collection, Folder

EDITS = Collection()
TOML = "pyproject.toml"


@EDITS.changes("uv add a first dependency")
def _(project: Folder) -> None:
    project.replace(TOML, "dependencies = []", 'dependencies = [\n    "holidays>=0.60",\n]')


@EDITS.changes("raise the version")
def _(project: Folder) -> None:
    project.replace(TOML, 'version = "0.1.0"', 'version = "0.2.0"')


@EDITS.changes("add an author")
def _(project: Folder) -> None:
    project.replace(TOML, '{ name = "ML team" }', '{ name = "ML team" }, { name = "Risk" }')


@EDITS.adds("add a licence")
def _(project: Folder) -> None:
    project.after(TOML, 'version = "0.', 'license = "LicenseRef-Proprietary"\n')


@EDITS.adds("add a script")
def _(project: Folder) -> None:
    project.before(TOML, "[dependency-groups]", '[project.scripts]\ncredit-risk = "credit_risk.__main__:main"\n\n')


@EDITS.adds("uv add --dev, first in the list")
def _(project: Folder) -> None:
    project.after(TOML, "dev = [", '    "bandit>=1.8",\n')


@EDITS.adds("uv add --dev, in the middle of the list")
def _(project: Folder) -> None:
    project.after(TOML, '    "pre-commit-hooks>=5",', '    "pytest-cov>=6",\n')


@EDITS.adds("uv add --dev, last in the list")
def _(project: Folder) -> None:
    project.after(TOML, '    "ruff>=0.9",', '    "types-requests>=2",\n')


@EDITS.adds("uv add --group steps, first in the list")
def _(project: Folder) -> None:
    project.after(TOML, "steps = [", '    "boto3>=1.35",\n')


@EDITS.adds("uv add --group steps, last in the list")
def _(project: Folder) -> None:
    project.last(TOML, "steps = [", "]", '    "snowflake-connector-python>=3.12",\n')


@EDITS.adds("add a group of dependencies")
def _(project: Folder) -> None:
    project.before(
        TOML, "# What people need who work on", '# For notebooks on the cluster.\nresearch = ["seaborn>=0.13"]\n\n'
    )


@EDITS.adds("bound a dependency")
def _(project: Folder) -> None:
    project.after(TOML, '    "uvloop<1",', '    "xarray<2026",\n')


@EDITS.adds("take packages from an index of our own")
def _(project: Folder) -> None:
    project.before(
        TOML, "[tool.ruff]", '[[tool.uv.index]]\nname = "ours"\nurl = "https://packages.example.com/simple"\n\n'
    )


@EDITS.adds("ignore the types of a library")
def _(project: Folder) -> None:
    block = '[[tool.mypy.overrides]]\nmodule = ["holidays.*"]\nignore_missing_imports = true\n\n'
    project.before(TOML, "[tool.ruff]", block)


@EDITS.adds("leave out a rule of the linter")
def _(project: Folder) -> None:
    project.after(TOML, '"D107", # a class', '    "N806", # X is a matrix\n')


@EDITS.changes("lint for more")
def _(project: Folder) -> None:
    project.replace(TOML, 'select = ["E", "F"', 'select = ["C4", "E", "F"')


@EDITS.adds("lint scripts otherwise")
def _(project: Folder) -> None:
    project.after(TOML, '"notebooks/*" = ["D1"]', '"scripts/*" = ["S", "D1"]\n')


@EDITS.adds("add a marker of pytest")
def _(project: Folder) -> None:
    project.after(TOML, 'addopts = "-q --strict-markers"', 'markers = ["warehouse: needs the warehouse"]\n')


@EDITS.adds("configure another tool")
def _(project: Folder) -> None:
    project.end(TOML, '\n[tool.coverage.run]\nbranch = true\nsource = ["credit_risk"]\n')


@EDITS.adds("add targets to local.mk")
def _(project: Folder) -> None:
    project.new("local.mk", "backfill:  ## Score last year again\n\t$(RUN) python scripts/backfill.py\n")


@EDITS.adds("add a target at the end of the Makefile")
def _(project: Folder) -> None:
    project.end("Makefile", "\nslides:  ## Write the slides for the committee\n\t$(RUN) python scripts/slides.py\n")


@EDITS.adds("add a target in the middle of the Makefile")
def _(project: Folder) -> None:
    project.before(
        "Makefile", "infra-check:  ##", "scan: image  ## Look for holes in the image\n\ttrivy image $(IMAGE)\n\n"
    )


@EDITS.adds("add a target after another one")
def _(project: Folder) -> None:
    project.before("Makefile", "image:  ##", "notify:  ## Tell the team\n\t@echo told\n\n")


@EDITS.adds("add a variable to the Makefile")
def _(project: Folder) -> None:
    project.after("Makefile", "PACKAGE := ", "REGION ?= eu-central-1\n")


@EDITS.adds("add a line to a recipe")
def _(project: Folder) -> None:
    project.after("Makefile", "\t$(RUN) mypy", "\t$(RUN) bandit --quiet --recursive src\n")


@EDITS.adds("say that a target is no file")
def _(project: Folder) -> None:
    project.after("Makefile", ".PHONY: setup check", ".PHONY: scan notify\n")


@EDITS.changes("name a target among those that are no files")
def _(project: Folder) -> None:
    project.replace("Makefile", "infra-check help", "infra-check scan help")


@EDITS.changes("change a command")
def _(project: Folder) -> None:
    project.replace("Makefile", "ruff check --fix --exit-zero --quiet .", "ruff check --fix --exit-zero .")


@EDITS.changes("change a help text that the template changes, too")
def _(project: Folder) -> None:
    project.replace("Makefile", "## Format the code", "## Make it pretty")


@EDITS.adds("ignore files at the start")
def _(project: Folder) -> None:
    project.start(".gitignore", "# Exports of the warehouse\n/exports/\n")


@EDITS.adds("ignore files in the middle")
def _(project: Folder) -> None:
    project.after(".gitignore", "*.pem", "*.p12\n")


@EDITS.adds("ignore files at the end")
def _(project: Folder) -> None:
    project.end(".gitignore", "/scratch/\n")


@EDITS.adds("explain a variable of the environment")
def _(project: Folder) -> None:
    project.end(".env.example", "\n# The warehouse, from the vault\nWAREHOUSE_URL=\n")


@EDITS.adds("add a hook")
def _(project: Folder) -> None:
    hook = "      - id: bandit\n        name: no hole\n        entry: .venv/bin/bandit\n        language: system\n"
    project.end(".pre-commit-config.yaml", hook)


@EDITS.adds("install a package in the image")
def _(project: Folder) -> None:
    line = "RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1\n"
    project.after("Dockerfile", "RUN useradd --create-home", line)


@EDITS.adds("set a variable in the image")
def _(project: Folder) -> None:
    project.before("Dockerfile", "VOLUME /app/artifacts", "ENV TZ=Europe/Berlin\n")


@EDITS.adds("copy more into the image")
def _(project: Folder) -> None:
    project.after("Dockerfile", "COPY src ./src", "COPY sql ./sql\n")
    project.after(".dockerignore", "!src", "!sql\n")


@EDITS.changes("start the image otherwise")
def _(project: Folder) -> None:
    project.replace("Dockerfile", 'CMD ["pipeline"]', 'CMD ["train"]')
