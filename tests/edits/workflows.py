"""What a platform engineer does to the CI system: steps, jobs, workflows, schedules, rules of the repository."""

from .base import Collection, Folder

EDITS = Collection()
CI = ".github/workflows/ci.yml"
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"


@EDITS.adds("add a CI step at the end")
def _(project: Folder) -> None:
    project.end(CI, "      - run: make slides\n")


@EDITS.adds("add a CI step in the middle")
def _(project: Folder) -> None:
    project.after(CI, "- run: make check", "      - run: .venv/bin/pytest --collect-only -q > tests.txt\n")


@EDITS.adds("add a CI step before ours")
def _(project: Folder) -> None:
    project.before(CI, "- run: make check", "      - run: sudo apt-get install --yes libgomp1\n")


@EDITS.adds("add a CI job in the middle")
def _(project: Folder) -> None:
    project.before(CI, "  image:", f"  docs:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: {CHECKOUT}\n\n")


@EDITS.adds("add a CI job at the end")
def _(project: Folder) -> None:
    project.end(CI, f"\n  secrets:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: {CHECKOUT}\n")


@EDITS.adds("set a variable in CI")
def _(project: Folder) -> None:
    project.before(CI, "jobs:", "env:\n  UV_INDEX_URL: ${{ vars.INDEX }}\n\n")


@EDITS.changes("run CI on another branch, too")
def _(project: Folder) -> None:
    project.replace(CI, "branches: [main]", "branches: [main, release]")


@EDITS.changes("give a CI job more time")
def _(project: Folder) -> None:
    project.replace(CI, "timeout-minutes: 30", "timeout-minutes: 60")


@EDITS.changes("give a CI job more time, as the template does")
def _(project: Folder) -> None:
    project.replace(CI, "timeout-minutes: 15", "timeout-minutes: 45")


@EDITS.adds("add a workflow")
def _(project: Folder) -> None:
    project.new(".github/workflows/slides.yml", "name: slides\non: workflow_dispatch\njobs: {}\n")


@EDITS.changes("add a workflow that a level brings, too", until="manual")
def _(project: Folder) -> None:
    project.new(".github/workflows/retrain.yml", "name: our retraining\non: workflow_dispatch\njobs: {}\n")


@EDITS.changes("retrain on another day", level="pipeline")
def _(project: Folder) -> None:
    project.replace(".github/workflows/retrain.yml", "23 4 * * 1", "23 4 * * 3")


@EDITS.adds("tell the team of a retraining", level="pipeline")
def _(project: Folder) -> None:
    step = "      - run: make notify\n        if: failure()\n"
    project.after(".github/workflows/retrain.yml", "- run: make retrain", step)


@EDITS.adds("tell the team of an alert", level="pipeline")
def _(project: Folder) -> None:
    project.end(".github/workflows/monitor.yml", "      - run: make notify\n        if: failure()\n")


@EDITS.adds("sign in somewhere in CI")
def _(project: Folder) -> None:
    path = ".github/actions/setup/action.yml"
    step = "    - run: echo machine packages.example.com > ~/.netrc\n      shell: bash\n\n"
    project.before(path, "- run: make setup", step)


@EDITS.adds("do more at the end of the setup in CI")
def _(project: Folder) -> None:
    project.end(
        ".github/actions/setup/action.yml", "\n    - run: .venv/bin/python -c 'import credit_risk'\n      shell: bash\n"
    )


@EDITS.adds("ask more of a pull request")
def _(project: Folder) -> None:
    project.end(".github/pull_request_template.md", "- [ ] The risk committee knows\n")


@EDITS.adds("update another kind of package")
def _(project: Folder) -> None:
    block = "\n  - package-ecosystem: npm\n    directory: /web\n    schedule: {interval: weekly}\n"
    project.end(".github/dependabot.yml", block)


@EDITS.adds("update another kind of package, first")
def _(project: Folder) -> None:
    block = "  - package-ecosystem: gomod\n    directory: /tools\n    schedule: {interval: weekly}\n\n"
    project.after(".github/dependabot.yml", "updates:", block)


@EDITS.adds("say who owns what")
def _(project: Folder) -> None:
    project.new(".github/CODEOWNERS", "*  @risk/ml\n/infra/  @risk/platform\n")


@EDITS.adds("configure editors")
def _(project: Folder) -> None:
    project.new(".editorconfig", "root = true\n\n[*.py]\nindent_size = 4\n")
