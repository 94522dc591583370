"""A tiny template to try the generator on, and the git commands that tests need."""

import shutil
import subprocess
from pathlib import Path

import copier

from rungs import catalog as catalogs
from rungs import ownership, questionnaire
from rungs.catalog import Catalog

ROOT = Path(__file__).parent.parent
KINDS = {
    "ci": "first-ci",
    "infra": "some-cloud",
    "pipelines": "local",
    "tracking": "tracker",
    "data": "versions",
    "framework": "learner",
    "serving": "server",
    "deploy": "boxes",
    "monitoring": "watcher",
}


def git(folder: Path, *words: str) -> str:
    """Run git in a folder and return what it prints."""
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def commit(folder: Path, message: str) -> None:
    """Commit everything in a folder, which becomes a repository if it is none."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)


class World:
    """A tiny template in a folder of its own: real files, a real catalog, a few components."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT / "template/_component", root / "template/_component")
        shutil.rmtree(root / "template/_component/pipeline", ignore_errors=True)
        shutil.rmtree(root / "template/_component/continuous", ignore_errors=True)
        self.write("template/{{_copier_conf.answers_file}}.jinja", "{{ _copier_answers | to_nice_yaml -}}\n")
        self.write("template/README.md", "# Tiny\n")
        self.describe("", "claims: {manual: [/.copier-answers.yml, /README.md]}")
        for kind, id in KINDS.items():
            self.add(kind, id)

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def describe(self, folder: str, lines: str = "") -> None:
        """Write a component.yaml with the required lines and these."""
        name = folder or "base"
        text = f"title: {name}\nsummary: What {name} gives.\n"
        text += "verified: {status: parsed, how: by the tests of the generator}\n"
        self.write(f"template/{folder}/_component/component.yaml", text + lines + "\n")

    def add(self, kind: str, id: str, lines: str = "", files: tuple[str, ...] = ("own.txt",)) -> None:
        """Add a component whose files hold its name."""
        self.describe(f"{kind}/{id}", lines)
        for file in files:
            self.write(f"template/{kind}/{id}/{file}", f"{kind}/{id}\n")

    def build(self) -> Catalog:
        """Write copier.yml and return the catalog."""
        catalog = catalogs.load(self.root)
        ownership.owners(catalog)
        (self.root / "copier.yml").write_text(questionnaire.build(catalog))
        return catalog

    def render(self, target: Path, **answers: object) -> set[str]:
        """Build, render, and return the paths that came out."""
        self.build()
        copier.run_copy(str(self.root), target, data=answers, defaults=True, quiet=True)
        return {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
