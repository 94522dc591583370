"""The command line of the project. Each module in `commands` is a command: `x_y.py` gives `x-y`."""

import ast
import gc
import importlib
import importlib.util
import pkgutil
import sys
from pathlib import Path
from typing import Any

import click

from . import commands
from .errors import GateClosed, ProjectError


class Commands(click.Group):
    """Finds commands by their files and imports one only when it runs, so that help is instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, sorted."""
        names = (module.name for module in pkgutil.iter_modules(commands.__path__))
        return sorted(name.replace("_", "-") for name in names if not name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command and return its `command`."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{commands.__name__}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands, with the first line of each module's docstring."""
        rows = [(name, _first_line(name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. A ProjectError becomes one sentence on stderr and an exit status."""
        try:
            return super().invoke(ctx)
        except GateClosed as error:
            click.echo(f"Gate closed: {error}", err=True)
            ctx.exit(1)
        except ProjectError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(2)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="The same steps are Make targets: see `make help`. Settings stand in settings.toml.",
)
def cli() -> None:
    """Prepare data, train, evaluate and release the model of this project."""


def main() -> None:
    """Run the command line and exit."""
    gc.set_threshold(50_000)  # imports make a million objects that stay; to look through them costs a fifth of a start
    package = __name__.split(".")[0]
    cli.main(args=sys.argv[1:] or ["--help"], prog_name=f"python -m {package}")


def _first_line(name: str) -> str:
    spec = importlib.util.find_spec(f"{commands.__name__}.{name.replace('-', '_')}")
    if spec is None or spec.origin is None:
        return ""
    text = Path(spec.origin).read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(text)) or "").split("\n")[0]
