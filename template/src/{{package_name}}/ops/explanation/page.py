"""Writes the explanation as one HTML file that needs nothing else."""

import base64
import io
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..bundle import Manifest
from ..report import BLUE, GREY, ORANGE, STYLE
from ..templating import environment
from .contributions import Floats, Matrix
from .findings import Explanation, Words

SHOWN, DRAWN, PARTS = 15, 6, 6  # features in table and summary, with a plot of their own, and of a single prediction


def render(
    manifest: Manifest,
    explanation: Explanation,
    matrix: Matrix,
    values: Floats,
    cases: Matrix,
    case_values: Floats,
) -> str:
    """Return the page: `matrix` and `values` are the explained rows, `cases` and `case_values` the single ones."""
    words = Words(manifest)
    with matplotlib.rc_context({**STYLE, "svg.fonttype": "none", "font.family": "sans-serif"}):
        plots = {
            "summary": _summary(explanation, words, matrix, values),
            "dependence": _dependence(explanation, words, matrix, values),
        }
    told = [_case(words, explanation.base, row, parts) for row, parts in zip(cases, case_values, strict=True)]
    return (
        environment()
        .get_template("explanation.html")
        .render(manifest=manifest, explanation=explanation, plots=plots, cases=told, shown=SHOWN)
    )


def _case(words: Words, base: float, row: Matrix, parts: Floats) -> dict[str, Any]:
    """One prediction in words: its score, the features that move it most, and the sum of the others."""
    order = np.argsort(-np.abs(parts), kind="stable")
    shown = [(words.names[at], float(row[at]), float(parts[at])) for at in order[:PARTS]]
    moves = [(f"{name} = {words.value(name, value)}", by) for name, value, by in shown]
    rest = float(parts[order[PARTS:]].sum())
    score = 1 / (1 + np.exp(-(base + parts.sum())))
    return {"score": float(score), "moves": [*moves, (f"the other {len(order) - len(moves)} features", rest)]}


def _summary(explanation: Explanation, words: Words, matrix: Matrix, values: Floats) -> str:
    """Each row a dot, by its contribution; the colour is the rank of the feature's value."""
    top = [feature.name for feature in explanation.features[:SHOWN]][::-1]
    figure = Figure(figsize=(9.6, 0.34 * len(top) + 0.9), layout="constrained", dpi=110)
    axes = figure.subplots()
    axes.axvline(0, color=GREY, linewidth=1)
    at: Sequence[int] = [words.names.index(name) for name in top]
    height = np.concatenate([level + _spread(values[:, column]) for level, column in enumerate(at)])
    colour = np.concatenate([_ranks(matrix[:, column]) for column in at])
    order = np.isnan(colour)
    x = np.concatenate([values[:, column] for column in at])
    axes.scatter(x[order], height[order], s=5, color=GREY, rasterized=True)
    axes.scatter(x[~order], height[~order], s=5, c=colour[~order], cmap="coolwarm", rasterized=True)
    axes.set(yticks=range(len(top)), yticklabels=top, xlabel="moves the log odds of the score by")
    axes.grid(visible=False, axis="y")
    return _svg(figure)


def _dependence(explanation: Explanation, words: Words, matrix: Matrix, values: Floats) -> str:
    names = [feature.name for feature in explanation.features[:DRAWN]]
    lines = -(-len(names) // 3)
    figure = Figure(figsize=(9.6, 2.5 * lines), dpi=110)
    figure.subplots_adjust(0.05, 0.22 / lines, 0.99, 1 - 0.1 / lines, hspace=0.55, wspace=0.2)
    grid = figure.subplots(lines, 3, squeeze=False).ravel()
    for axes, name in zip(grid, names, strict=False):
        column = words.names.index(name)
        _depend(axes, words, name, matrix[:, column], values[:, column])
    for axes in grid[len(names) :]:
        axes.set_visible(False)
    return _svg(figure)


def _depend(axes: Axes, words: Words, name: str, column: Matrix, values: Floats) -> None:
    axes.axhline(0, color=GREY, linewidth=1)
    known = np.isfinite(column)
    if name in words.categories:
        spread = _spread(values[known])
        axes.scatter(column[known] + spread, values[known], s=5, color=BLUE, alpha=0.6, rasterized=True)
        labels = words.categories[name]
        axes.set_xticks(range(len(labels)), labels, rotation=30, ha="right", fontsize=7)
    elif known.any():
        low, high = np.quantile(column[known], [0.005, 0.995])
        inside = known & (column >= low) & (column <= high)
        axes.scatter(column[inside], values[inside], s=5, color=BLUE, alpha=0.6, rasterized=True)
    if not known.all():
        axes.axhline(float(values[~known].mean()), color=ORANGE, linewidth=1.2, linestyle="--", label="missing")
        axes.legend(loc="best", fontsize=7)
    axes.set_title(name, fontsize=9, loc="left")


def _spread(values: Floats) -> Floats:
    """Heights that keep dots apart: up to 0.4 where rows are dense, by turns above and below."""
    low, high = float(values.min()), float(values.max())
    bins = np.minimum(((values - low) / max(high - low, 1e-12) * 80).astype(int), 79)
    order = np.argsort(bins, kind="stable")
    counts = np.bincount(bins, minlength=80)
    place = np.empty(len(values), int)
    place[order] = np.arange(len(values)) - np.repeat(np.cumsum(counts) - counts, counts)
    turns = np.where(place % 2, 1, -1) * ((place + 1) // 2)
    heights: Floats = 0.8 * turns / max(int(counts.max()), 12)
    return heights


def _ranks(column: Matrix) -> Floats:
    """Ranks from 0 to 1, equal for equal values; NaN stays."""
    known = np.isfinite(column)
    ranks = np.full(len(column), np.nan)
    if known.any():
        _, inverse, counts = np.unique(column[known], return_inverse=True, return_counts=True)
        ranks[known] = ((np.cumsum(counts) - (counts + 1) / 2) / max(int(known.sum()) - 1, 1))[inverse]
    return ranks


def _svg(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return base64.b64encode(buffer.getvalue()).decode()
