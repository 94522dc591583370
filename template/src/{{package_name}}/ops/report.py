"""Writes the evaluation as one HTML file that needs nothing else: figures, plots and tables."""

import base64
import io
from collections.abc import Callable
from typing import Any

import matplotlib
import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import metrics, storage
from .bundle import Manifest
from .evaluation import Evaluation, url
from .metrics import Scores, Target
from .templating import environment

BLUE, ORANGE, GREY = "#2563eb", "#d97706", "#9ca3af"
STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#d1d5db",
    "axes.grid": True,
    "axes.labelcolor": "#4b5563",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 9,
    "grid.color": "#f3f4f6",
    "legend.frameon": False,
    "svg.hashsalt": "report",  # equal input, equal file
    "xtick.color": "#6b7280",
    "ytick.color": "#6b7280",
}
SHOWN = 15  # features in the plot of importances


def write(manifest: Manifest, evaluation: Evaluation, scored: pl.DataFrame) -> None:
    """Write `report.html` beside the figures."""
    target, scores = scored["target"].to_numpy(), scored["score"].to_numpy()
    page = (
        environment()
        .get_template("report.html")
        .render(
            manifest=manifest,
            evaluation=evaluation,
            plots=_plots(evaluation, target, scores, scored["baseline"].to_numpy()),
        )
    )
    storage.write_bytes(url("report.html"), page.encode())


def _plots(evaluation: Evaluation, target: Target, scores: Scores, baseline: Scores) -> dict[str, str]:
    draws: dict[str, Callable[[Axes], None]] = {
        "roc": lambda axes: _roc(axes, target, scores, baseline),
        "precision": lambda axes: _precision(axes, target, scores, baseline),
        "calibration": lambda axes: _calibration(axes, evaluation),
        "distribution": lambda axes: _distribution(axes, evaluation, target, scores),
        "confusion": lambda axes: _confusion(axes, evaluation),
        "importance": lambda axes: _importance(axes, evaluation),
    }
    drawn = {}
    with matplotlib.rc_context(STYLE):
        for name, draw in draws.items():
            figure = Figure(figsize=(4.6, 3.4), layout="constrained")
            draw(figure.subplots())
            buffer = io.BytesIO()
            figure.savefig(buffer, format="svg", metadata={"Date": None})
            drawn[name] = base64.b64encode(buffer.getvalue()).decode()
    return drawn


def _roc(axes: Axes, target: Target, scores: Scores, baseline: Scores) -> None:
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
    for name, values, colour in (("baseline", baseline, ORANGE), ("candidate", scores, BLUE)):
        axes.plot(*metrics.roc(target, values), color=colour, linewidth=1.6, label=name)
    axes.set(xlabel="false positive rate", ylabel="true positive rate (recall)")
    axes.legend(loc="lower right")


def _precision(axes: Axes, target: Target, scores: Scores, baseline: Scores) -> None:
    axes.axhline(float(target.mean()), color=GREY, linewidth=1, linestyle=":")
    for name, values, colour in (("baseline", baseline, ORANGE), ("candidate", scores, BLUE)):
        recall, precision, _ = metrics.precision_recall(target, values)
        axes.plot(recall, precision, color=colour, linewidth=1.6, label=name)
    axes.set(xlabel="recall", ylabel="precision", ylim=(0, 1.02))
    axes.legend(loc="upper right")


def _calibration(axes: Axes, evaluation: Evaluation) -> None:
    points = [(score, *metrics.proportion(round(share * rows), rows)) for score, share, rows in evaluation.calibration]
    score, share, low, high = np.array(points).T
    top = float(max(score.max(), high.max())) * 1.05
    axes.plot([0, top], [0, top], color=GREY, linewidth=1, linestyle=":")
    axes.errorbar(score, share, [share - low, high - share], color=BLUE, marker="o", markersize=4, capsize=2)
    axes.set(xlabel="mean score of the bin", ylabel="share of class 1")


def _distribution(axes: Axes, evaluation: Evaluation, target: Target, scores: Scores) -> None:
    bins = np.linspace(0, float(scores.max()), 41).tolist()
    for label, colour in ((0, BLUE), (1, ORANGE)):
        axes.hist(
            scores[target == label],
            bins=bins,
            density=True,
            alpha=0.55,
            color=colour,
            label=f"class {label}",
        )
    axes.axvline(evaluation.threshold, color="#111827", linewidth=1, linestyle="--")
    axes.set(xlabel="score (dashed: threshold)", ylabel="density")
    axes.legend(loc="upper right")


def _confusion(axes: Axes, evaluation: Evaluation) -> None:
    counts = evaluation.confusion
    table = np.array(
        [
            [counts["true_negatives"], counts["false_positives"]],
            [counts["false_negatives"], counts["true_positives"]],
        ]
    )
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.2, aspect="auto")
    for row in range(2):
        for column in range(2):
            text = f"{table[row, column]:,}\n{shares[row, column]:.0%}"
            dark = shares[row, column] > 0.65
            axes.text(column, row, text, ha="center", va="center", color="white" if dark else "#111827")
    axes.set(xticks=[0, 1], yticks=[0, 1], xlabel="decision", ylabel="truth")
    axes.grid(visible=False)


def _importance(axes: Axes, evaluation: Evaluation) -> None:
    top = evaluation.importance[:SHOWN][::-1]
    axes.barh([name for name, _ in top], [loss for _, loss in top], color=BLUE, height=0.65)
    axes.set(xlabel="AUC lost when shuffled")
    axes.tick_params(axis="y", labelsize=7.5)
    axes.grid(visible=False, axis="y")
