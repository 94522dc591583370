"""Features computed from the columns of the schema, in training and serving alike. Yours.

Write plain numpy on arrays of any length: the service calls it with one row.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .ops.encoding import Columns


def derive(columns: Columns) -> Mapping[str, NDArray[np.float32]]:
    """Return the derived features by name; each array is as long as the columns."""
    income = np.maximum(columns["annual_income"], 1) / 12
    card_limit = np.maximum(columns["card_limit"], 1)
    ratios = {
        "loan_to_income": columns["loan_amount"] / income,
        "instalment_to_income": columns["instalment"] / income,
        "debt_to_income": columns["monthly_debt_payments"] / income,
        "card_utilisation": columns["card_balance"] / card_limit,
    }
    return {name: ratio.astype(np.float32) for name, ratio in ratios.items()}
