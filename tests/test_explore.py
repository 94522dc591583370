"""The report by Evidently, by the real library: it comes from PyPI, into an environment of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from running import make, run

pytestmark = pytest.mark.slow


def test_evidently_reports_on_a_sample_of_a_file(ready: Callable[[str], Path]) -> None:
    project = ready("manual")
    make(project, "pipeline")
    make(project, "promote", "ARGS=--yes")
    table = project / "artifacts/data/test.parquet"
    take = "import polars as pl; pl.read_parquet('{}').drop('annual_income').write_parquet('artifacts/gone.parquet')"
    run(project, ".venv/bin/python", "-c", take.format(table))
    for file, left_out in ((table, False), (project / "artifacts/gone.parquet", True)):
        told = make(project, "explore", f"ARGS=--file {file} --sample 500")
        assert "Wrote artifacts/monitoring/evidently.html" in told
        assert ("annual_income holds no value" in told) == left_out
        page = (project / "artifacts/monitoring/evidently.html").read_text()
        assert "loan_amount" in page and ("annual_income" in page) != left_out
        assert '<script src="http' not in page, "the page needs the network"
