"""Look for secrets, weak code, licences, known vulnerabilities, and what is not pinned."""

import importlib
import pkgutil

import click

from .. import scanning
from ..errors import ProjectError
from ..scanning import Report

NAMES = tuple(sorted(module.name for module in pkgutil.iter_modules(scanning.__path__)))


@click.command()
@click.argument("checks", nargs=-1, type=click.Choice(NAMES))
@click.pass_context
def command(ctx: click.Context, checks: tuple[str, ...]) -> None:
    """Run CHECKS, or all of them; each has its say before the scan turns red."""
    failed = []
    for name in checks or NAMES:
        try:
            report: Report = importlib.import_module(f"{scanning.__name__}.{name}").check()
        except ProjectError as error:
            report = Report("", [str(error)])
        for line in report.notes:
            click.echo(f"{name}: {line}")
        for line in report.red:
            click.echo(f"{name}: {line}", err=True)
        failed += [name] if report.red else []
        seen = f"{report.looked_at}; {len(report.red)} to mend." if report.looked_at else "nothing was checked."
        click.echo(f"{name}: {seen}")
    if failed:
        click.echo(f"The scan is red: {', '.join(failed)}. docs/supply-chain.md says what each looks at.", err=True)
        ctx.exit(1)
