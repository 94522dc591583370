"""A naive layout of the same project: one Makefile, one workflow, one file of Terraform, one line for each list."""

import re

from moves import Store

WORKFLOWS = ".github/workflows/"
TERRAFORM = re.compile(r"infra/aws/[^/]+\.tf")
LIST = re.compile(r"^([\w-]+ = )\[\n(.*?)^\]", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r",? *#[^\"\n]*$", re.MULTILINE)


def naive(store: Store, tree: str) -> str:
    """Lay the project of a tree out naively, by joining files and lines, and return the new tree."""
    paths = sorted(store.repository.entries(tree))
    groups = {
        "Makefile": ["Makefile", *(path for path in paths if path.endswith(".mk") and path != "local.mk")],
        f"{WORKFLOWS}ci.yml": [
            f"{WORKFLOWS}ci.yml",
            *(p for p in paths if p.startswith(WORKFLOWS) and "/ci." not in p),
        ],
        "infra/aws/main.tf": [path for path in paths if TERRAFORM.fullmatch(path)],
        "pyproject.toml": ["pyproject.toml"],
    }
    files = store.files(tree, [path for group in groups.values() for path in group])
    laid = {}
    for target, group in groups.items():
        texts = [files[path].decode() for path in group if path in files]
        if target.startswith(WORKFLOWS):  # the head of the first one, and the jobs of all
            texts = [texts[0], *(text.partition("\njobs:\n")[2] for text in texts[1:])] if texts else []
        laid[target] = LIST.sub(_line, "\n".join(texts)) if target.endswith(".toml") else "\n".join(texts)
    return store.with_files(tree, {path: text.encode() for path, text in laid.items() if text}, without=files)


def _line(found: re.Match[str]) -> str:
    words = [COMMENT.sub("", line).strip().rstrip(",") for line in found[2].splitlines()]
    return f"{found[1]}[{', '.join(word for word in words if word and not word.startswith('#'))}]"
