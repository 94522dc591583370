"""Measure the candidate on the test data and write its report."""

import click

from .. import bundle, card, evaluation, measurement, report
from ..plugins import part
from ..tracking import open_tracker


@click.command("evaluate")
def command() -> None:
    """Measure the candidate on the test data, and write figures, report and model card."""
    candidate = bundle.load(bundle.candidate_url())
    manifest, explanation = candidate.manifest, part("explanation")
    with open_tracker().run("evaluate", manifest.run_id) as run:
        figures, scored = measurement.measure()
        evaluation.write(figures, scored)
        report.write(manifest, figures, scored)
        files, said = explanation.write(candidate) if explanation else ([], "")
        card.write(manifest, figures, said)
        run.metrics(figures.metrics)
        for name in ("metrics.json", "report.html", "card.md", *files):
            run.artifact(evaluation.url(name))
    click.echo(
        f"AUC {figures.auc.value:.4f} ({figures.auc.low:.4f} to {figures.auc.high:.4f}) on "
        f"{figures.rows:,} rows; the baseline has {figures.baseline_auc.value:.4f}. "
        f"Report: {evaluation.url('report.html')}"
    )
