"""Check a window of rows against the released model, and write the report."""

import click

from ..monitoring.run import look, read_window, window_names, write
from ..monitoring.settings import MonitoringSettings
from ..monitoring.window import Reference
from ..monitoring.windows import landing


@click.command()
@click.option(
    "--window",
    type=click.Choice(window_names()),
    default=window_names()[0],
    show_default=True,
    help="Where the rows come from.",
)
@click.option("--file", "path", help="Look at this Parquet, CSV or NDJSON file instead.")
@click.option("--rows", type=click.IntRange(min=1), help="Look at so many of the newest rows.")
@click.option("--fail-on-alert", is_flag=True, help="Exit with 1 when a check fires (for CI).")
@click.pass_context
def command(ctx: click.Context, window: str, path: str | None, rows: int | None, fail_on_alert: bool) -> None:
    """Check a window of rows against the released model, and write the report."""
    reference = Reference.released()
    rows = rows or MonitoringSettings.load().window_rows
    seen = read_window(window, reference, rows) if path is None else landing.read_file(reference, path, rows)
    findings = look(seen, reference)
    click.echo(f"Looked at {seen.title}.")
    for finding in findings:
        click.echo(f"  {finding.state:8} {finding.check:18} {finding.sentence}")
        if finding.state == "firing":
            click.echo(f"  {'':8} {'':18} {finding.advice}")
    for url in write(findings, seen, reference):
        click.echo(f"Wrote {url}")
    if fail_on_alert and any(finding.state == "firing" for finding in findings):
        ctx.exit(1)
