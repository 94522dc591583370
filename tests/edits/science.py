"""What a data scientist does: columns, features, models, figures, settings, notebooks, tests of their own."""

from .base import PACKAGE, Collection, Folder

EDITS = Collection()
NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n'


@EDITS.adds("add a column")
def _(project: Folder) -> None:
    column = '        Numeric(name="overdrafts_12m", minimum=0, maximum=365, integer=True, nullable=True),\n'
    project.after(f"{PACKAGE}/schema.py", '"inquiries_6m"', column)


@EDITS.changes("add a category")
def _(project: Folder) -> None:
    project.replace(f"{PACKAGE}/schema.py", '"medical", "other")', '"medical", "travel", "other")')


@EDITS.changes("look at another slice")
def _(project: Folder) -> None:
    project.replace(f"{PACKAGE}/schema.py", '"age_group")', '"age_group", "education")')


@EDITS.changes("widen a range")
def _(project: Folder) -> None:
    project.replace(
        f"{PACKAGE}/schema.py",
        '"loan_amount", minimum=500, maximum=100_000',
        '"loan_amount", minimum=100, maximum=250_000',
    )


@EDITS.adds("add a feature")
def _(project: Folder) -> None:
    line = '        "debt_to_loan": columns["existing_debt"] / np.maximum(columns["loan_amount"], 1),\n'
    project.after(f"{PACKAGE}/features.py", '"card_utilisation"', line)


@EDITS.adds("explain a feature")
def _(project: Folder) -> None:
    project.before(f"{PACKAGE}/features.py", "ratios = {", "    # The committee of March asked for these four.\n")


@EDITS.changes("replace the model")
def _(project: Folder) -> None:
    project.rewrite(f"{PACKAGE}/model.py", MODEL)


@EDITS.changes("change a parameter of the baseline")
def _(project: Folder) -> None:
    project.replace(
        f"{PACKAGE}/model.py", "LogisticRegression(max_iter=1000", "LogisticRegression(C=0.5, max_iter=2000"
    )


@EDITS.changes("read the warehouse")
def _(project: Folder) -> None:
    project.rewrite(f"{PACKAGE}/source.py", SOURCE)


@EDITS.adds("log what is loaded")
def _(project: Folder) -> None:
    project.before(f"{PACKAGE}/source.py", 'now = rows["applied_at"].max()', "    print(len(rows), 'rows')\n")


@EDITS.changes("tune a parameter")
def _(project: Folder) -> None:
    project.replace("settings.toml", "learning_rate = 0.08", "learning_rate = 0.05")


@EDITS.changes("test on more days")
def _(project: Folder) -> None:
    project.replace("settings.toml", "test_days = 30", "test_days = 60")


@EDITS.changes("keep everything in a bucket")
def _(project: Folder) -> None:
    project.replace("settings.toml", 'root = "artifacts"', 'root = "s3://risk-models/credit"')


@EDITS.adds("add a section of settings")
def _(project: Folder) -> None:
    project.end("settings.toml", '\n[warehouse]\nschema = "risk"\nmonths = 24\n')


@EDITS.adds("decide on licences and pins")
def _(project: Folder) -> None:
    project.end("settings.toml", '\n[scan]\nallow_licences = ["EPL-2.0"]\n\n[pin]\nignore = ["team/base"]\n')


@EDITS.changes("raise a threshold of the gate", level="pipeline")
def _(project: Folder) -> None:
    project.replace("settings.toml", "minimum_auc = 0.65", "minimum_auc = 0.72")


@EDITS.adds("add a module")
def _(project: Folder) -> None:
    project.new(
        f"{PACKAGE}/scorecard.py", '"""Points for the branch: a table that people can read."""\n\nPOINTS = 600\n'
    )


@EDITS.adds("add a package")
def _(project: Folder) -> None:
    project.new(f"{PACKAGE}/warehouse/__init__.py", '"""Reads the warehouse."""\n')
    project.new(f"{PACKAGE}/warehouse/query.sql", "SELECT * FROM risk.applications\n")


@EDITS.adds("add a command")
def _(project: Folder) -> None:
    project.new(f"{PACKAGE}/ops/commands/points.py", COMMAND)


@EDITS.adds("add a check of the gate", level="pipeline")
def _(project: Folder) -> None:
    project.new(f"{PACKAGE}/ops/checks/profit.py", '"""Whether the model earns more than the champion."""\n')


@EDITS.adds("add a metric at the end")
def _(project: Folder) -> None:
    project.end(f"{PACKAGE}/ops/metrics.py", METRIC)


@EDITS.adds("add a metric in the middle")
def _(project: Folder) -> None:
    project.before(f"{PACKAGE}/ops/metrics.py", "def brier(target", METRIC.lstrip().replace("gini", "gain") + "\n\n")


@EDITS.adds("add an import to a managed module")
def _(project: Folder) -> None:
    project.before(f"{PACKAGE}/ops/metrics.py", "from statistics import", "from itertools import pairwise\n")


@EDITS.changes("change a managed module")
def _(project: Folder) -> None:
    project.replace(f"{PACKAGE}/ops/metrics.py", "bins: int = 10", "bins: int = 20")


@EDITS.changes("change a line that the template changes, too")
def _(project: Folder) -> None:
    project.replace(
        f"{PACKAGE}/ops/metrics.py", '"""Mean squared error of the probabilities."""', '"""Brier (1950)."""'
    )


@EDITS.adds("note a decision in a managed module")
def _(project: Folder) -> None:
    project.start(f"{PACKAGE}/ops/costs.py", "# Agreed with finance on 3 March: refused cases cost nothing.\n")


@EDITS.adds("add a notebook")
def _(project: Folder) -> None:
    project.new("notebooks/late-payments.ipynb", NOTEBOOK)


@EDITS.changes("work in the notebook")
def _(project: Folder) -> None:
    project.rewrite("notebooks/analysis.ipynb", NOTEBOOK)


@EDITS.adds("add a test")
def _(project: Folder) -> None:
    project.new("tests/test_features.py", TEST)


@EDITS.adds("add a fixture")
def _(project: Folder) -> None:
    project.end("tests/conftest.py", "\n\nOURS = 7  # rows that our own tests draw\n")


@EDITS.adds("add data for tests")
def _(project: Folder) -> None:
    project.new("tests/data/applications.csv", "application_id,loan_amount\n1,5000\n2,700\n")


@EDITS.adds("add a test to a managed file")
def _(project: Folder) -> None:
    project.end("tests/test_storage.py", "\n\ndef test_ours() -> None:\n    assert 6 * 7 == 42\n")


METRIC = '''

def gini(target: Target, scores: Scores) -> float:
    """Twice the AUC above chance, as the regulator wants it."""
    return 2 * auc(target, scores).value - 1
'''
TEST = '''"""Tests of our own features."""

import numpy as np

from credit_risk.features import derive


def test_no_feature_is_infinite() -> None:
    names = ("annual_income", "loan_amount", "instalment", "monthly_debt_payments", "card_balance", "card_limit")
    zeros = {name: np.zeros(3, dtype=np.float64) for name in (*names, "existing_debt")}
    assert all(np.isfinite(values).all() for values in derive(zeros).values())  # type: ignore[arg-type]
'''
COMMAND = '''"""Prints the points of a scorecard."""

import click


@click.command()
def command() -> None:
    """Print what a perfect case gets."""
    click.echo(600)
'''
MODEL = '''"""Our model: a forest, which the risk committee knows."""

from collections.abc import Mapping

from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from .ops.encoding import Encoder


def build(parameters: Mapping[str, float | int], encoder: Encoder, seed: int) -> ClassifierMixin:
    """Return the forest; hyperparameters of settings.toml are those of boosting, so none is taken."""
    return RandomForestClassifier(n_estimators=200, random_state=seed)


def baseline(encoder: Encoder, seed: int) -> ClassifierMixin:
    """Return the model that it must beat."""
    return LogisticRegression(max_iter=500, random_state=seed)
'''
SOURCE = '''"""Rows come from the warehouse."""

import polars as pl


def load() -> pl.DataFrame:
    """Return all rows of the last two years."""
    return pl.read_parquet("exports/applications.parquet")
'''
