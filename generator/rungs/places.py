"""Where the template is: beside this package in a checkout, inside it when installed; and its public address."""

from importlib.metadata import metadata
from pathlib import Path

PACKAGE = Path(__file__).parent
CHECKOUT = PACKAGE.parent.parent


def root() -> Path:
    """Folder that holds `copier.yml` and `template/`."""
    return CHECKOUT if in_checkout() else PACKAGE / "source"


def in_checkout() -> bool:
    """Say whether this package runs from a clone of the repository."""
    return (CHECKOUT / "template").is_dir() and (CHECKOUT / ".git").exists()


def address() -> str:
    """What users give to `copier copy`: the constant `Template` of pyproject.toml, as Copier writes it in short."""
    return f"gh:{_repository().removeprefix('https://github.com/')}"


def package() -> str:
    """What pip and uv install this command from: the repository at the public address."""
    return f"git+{_repository()}"


def _repository() -> str:
    urls: list[str] = metadata("rungs").get_all("Project-URL") or []
    return next(url.removeprefix("Template, ") for url in urls if url.startswith("Template, "))


def source() -> str:
    """What a new project remembers as its template: the clone that runs this, or the public address."""
    return str(CHECKOUT) if in_checkout() else address()
