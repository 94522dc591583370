"""Says whether one column alone predicts the target too well to be true."""

import polars as pl

from ..columns import Categorical, Column

SUSPICIOUS = 0.98


def suspicion(column: pl.Series, feature: Column, labels: pl.Series) -> tuple[str, bool]:
    """Return why a feature looks like leakage, if it does, and whether it equals the target."""
    values = _values(column, feature, labels)
    frame = pl.DataFrame({"value": values, "label": labels}).drop_nulls("label")
    known = frame.drop_nulls("value")
    missing = frame.select(value=pl.col("value").is_null().cast(pl.Float64), label="label")
    if auc(known) == 1 and known["value"].n_unique() == 2:
        return "it equals the target", True
    if auc(known) > SUSPICIOUS:
        return f"alone it reaches an AUC of {auc(known):.3f}", False
    if auc(missing) > SUSPICIOUS:
        return f"that it is missing reaches an AUC of {auc(missing):.3f}", False
    if len(labels.name) > 2 and labels.name in column.name:
        return "its name contains that of the target", False
    return "", False


def auc(frame: pl.DataFrame) -> float:
    """Return the area under the ROC curve of `value` for `label`, whichever way it points."""
    positives = frame.filter(pl.col("label") == 1).height
    negatives = len(frame) - positives
    if not positives or not negatives:
        return 0.5
    ranks = frame["value"].rank("average").to_numpy()[frame["label"].to_numpy() == 1]
    area = (float(ranks.sum()) - positives * (positives + 1) / 2) / (positives * negatives)
    return max(area, 1 - area)


def _values(column: pl.Series, feature: Column, labels: pl.Series) -> pl.Series:
    if not isinstance(feature, Categorical):
        return column.cast(pl.Float64, strict=False)
    # A category is as telling as the share of positives among its rows.
    frame = pl.DataFrame({"category": column.cast(pl.String), "label": labels})
    share = pl.col("label").mean().over("category")
    return frame.select(pl.when(pl.col("category").is_not_null()).then(share)).to_series()
