"""The model, and the simpler one that it must beat. Yours: build any scikit-learn classifier that skl2onnx can export.

The matrix that they are fitted on is float32; a category is its position in the schema's list, and missing is NaN.
"""

from collections.abc import Mapping

from sklearn.base import ClassifierMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from .ops.encoding import Encoder


def build(parameters: Mapping[str, float | int], encoder: Encoder, seed: int) -> ClassifierMixin:
    """Return the model, not fitted yet. `parameters` are those of settings.toml, or of the tuning step."""
    return HistGradientBoostingClassifier(early_stopping=True, random_state=seed, **parameters)


def baseline(encoder: Encoder, seed: int) -> ClassifierMixin:
    """Return the simpler model: a logistic regression on scaled numbers and one-hot categories."""
    numeric = [i for i in range(len(encoder.names)) if i not in encoder.categorical]
    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    return make_pipeline(
        make_column_transformer(
            (numbers, numeric),
            (OneHotEncoder(handle_unknown="ignore"), list(encoder.categorical)),
        ),
        LogisticRegression(max_iter=1000, random_state=seed),
    )
