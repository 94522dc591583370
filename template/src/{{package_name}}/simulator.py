"""Simulated credit applications: time, missing values, late labels, and drift on demand.

Nothing here is about real people. Equal arguments give equal rows. Once your own data flows in,
delete this file and its test.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .ops import storage
from .ops.errors import ProjectError

SEED = 7
HISTORY_START = date(2024, 1, 1)
HISTORY_DAYS = 731
PER_DAY = 82
LABEL_DELAY_DAYS = 45  # a default is known this long after the application

CATEGORIES = {
    "purpose": ("debt", "home", "car", "business", "education", "medical", "other"),
    "home_ownership": ("rent", "mortgage", "own", "family"),
    "employment_type": ("permanent", "temporary", "self_employed", "retired", "none"),
    "education": ("school", "vocational", "bachelor", "master"),
    "region": ("north", "east", "south", "west", "capital"),
    "channel": ("branch", "online", "mobile", "broker"),
    "sex": ("female", "male"),
    "age_group": ("18-29", "30-44", "45-59", "60+"),
}
MISSING = {
    "bureau_score": 0.05,
    "employment_years": 0.06,
    "savings_balance": 0.12,
    "education": 0.04,
}
INTEGERS = (
    *("loan_term_months", "open_accounts", "credit_cards", "late_payments_12m"),
    *("delinquencies_2y", "months_since_delinquency", "inquiries_6m", "public_records"),
    *("dependants", "months_as_customer"),
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """What applications come from. The drift knobs go from 0, the world of the history, to 1."""

    covariate: float = 0.0
    """Other people apply, at higher interest rates; the risk of a given person stays."""
    concept: float = 0.0
    """What was safe becomes risky, and the other way round."""
    gradual: bool = False
    """The drifts grow over the first half of the batch instead of setting in on its first day."""
    schema_break: bool = False
    """A sender changes its format without a word: a new channel, amounts in cents."""
    missing: float = 1.0
    """How often values are missing, as a multiple of the usual."""
    bias: float = 0.0
    """Share of good loans to people under 30 that is called in early, and so recorded as a default."""


WORLDS = {
    "none": World(),
    "covariate": World(covariate=1),
    "sudden": World(covariate=1, concept=1),
    "gradual": World(covariate=1, concept=1, gradual=True),
    "schema": World(schema_break=True),
}


def applications(start: date, days: int, per_day: int, seed: int, world: World | None = None) -> pl.DataFrame:
    """Simulate `days * per_day` applications from `start` on, by time, with their outcome."""
    world = world or World()
    rng = np.random.default_rng([seed, start.toordinal()])
    rows = days * per_day
    seconds = np.sort(rng.integers(0, days * 86_400, rows))
    ramp = np.minimum(2 * seconds / (days * 86_400), 1) if world.gradual else np.ones(rows)
    columns = _draw(rng, world.covariate * ramp)
    risk = _risk(columns, world.concept * ramp)
    defaulted = rng.random(rows) < 1 / (1 + np.exp(-risk))
    if world.bias:
        defaulted |= (columns["age_group"] == 0) & (rng.random(rows) < world.bias)
    for name, share in MISSING.items():
        columns[name][rng.random(rows) < share * world.missing] = np.nan
    midnight = datetime(start.year, start.month, start.day)
    frame = pl.DataFrame(columns, nan_to_null=True).select(
        *(_typed(name) for name in columns),
        applied_at=midnight + pl.duration(seconds=pl.lit(pl.Series(seconds))),
        defaulted=pl.Series(defaulted.astype(np.int8)),
    )
    if world.schema_break:
        frame = _break(frame)
    applied_on = pl.col("applied_at").dt.date()
    number = pl.int_range(pl.len()).over(applied_on)
    identifier = pl.format("{}-{}", applied_on.dt.strftime("%Y%m%d"), number)
    return frame.select(identifier.alias("application_id"), "applied_at", *columns, "defaulted")


def write_history(pattern: str, labels_pattern: str) -> None:
    """Write the first two years to the landing folder."""
    frame = applications(HISTORY_START, HISTORY_DAYS, PER_DAY, SEED)
    _land(frame, pattern, labels_pattern)


def append(pattern: str, labels_pattern: str, days: int, drift: str) -> pl.DataFrame:
    """Write the batch that follows the newest one to the landing folder, and return its rows."""
    landed = storage.glob(pattern)
    if not landed:
        write_history(pattern, labels_pattern)
        landed = storage.glob(pattern)
    newest = landed[-1].removesuffix(".parquet")[-10:]
    try:
        start = date.fromisoformat(newest) + timedelta(days=1)
    except ValueError as error:
        raise ProjectError(
            f"{landed[-1]} does not end in a date, so it is not a simulated batch: "
            "take it out of the folder, or give source.url another folder."
        ) from error
    frame = applications(start, days, PER_DAY, SEED, WORLDS[drift])
    _land(frame, pattern, labels_pattern)
    return frame


def _land(frame: pl.DataFrame, pattern: str, labels_pattern: str) -> None:
    first, last = frame["applied_at"].dt.date().item(0), frame["applied_at"].dt.date().item(-1)
    known_at = pl.col("applied_at") + timedelta(days=LABEL_DELAY_DAYS)
    batch = f"{first}_{last}.parquet"
    # Labels first: should the second write fail, no batch lacks its labels.
    outcome = frame.select("application_id", "defaulted", known_at=known_at)
    storage.write_table(_sibling(labels_pattern, batch), outcome)
    storage.write_table(_sibling(pattern, batch), frame.drop("defaulted"))


def _sibling(pattern: str, name: str) -> str:
    return f"{pattern.rpartition('/')[0]}/{name}"


def _typed(name: str) -> pl.Expr:
    if name in CATEGORIES:
        return pl.lit(pl.Series(CATEGORIES[name])).gather(pl.col(name).cast(pl.UInt32)).alias(name)
    return pl.col(name).cast(pl.Int64) if name in INTEGERS else pl.col(name)


def _break(frame: pl.DataFrame) -> pl.DataFrame:
    sender = pl.col("channel") == "broker"
    return frame.with_columns(
        channel=pl.when(sender).then(pl.lit("partner")).otherwise("channel"),
        loan_amount=pl.when(sender).then(100 * pl.col("loan_amount")).otherwise("loan_amount"),
    )


def _draw(rng: np.random.Generator, shift: Floats) -> dict[str, Floats]:
    """Draw who applies for what. `shift`, 0 to 1 a row, leads from usual customers to new ones."""
    rows = len(shift)

    def normal() -> Floats:
        return rng.standard_normal(rows)

    def count(mean: Floats) -> Floats:
        return np.minimum(rng.poisson(mean), 15).astype(np.float64)

    def code(*weights: float | Floats) -> Floats:
        total = np.cumsum(np.stack([np.broadcast_to(weight, rows) for weight in weights]), axis=0)
        chosen = rng.random(rows) * total[-1] > total[:-1]
        codes: Floats = chosen.sum(axis=0, dtype=np.float64)
        return codes

    age = 18 + 58 * rng.beta(1.8 - 0.5 * shift, 2.4 + shift)
    sex = code(0.48, 0.52)
    care = normal()  # how carefully a person handles money; nobody sees it
    education = code(0.28, 0.34, 0.26, 0.12)
    retired = age > 64
    employment = np.where(retired, 3.0, code(0.66, 0.14 + 0.1 * shift, 0.14, 0.0, 0.06))
    income = 10.4 + 0.14 * education + 0.05 * sex + 0.005 * np.minimum(age - 18, 30)
    income = np.exp(income + 0.38 * normal()) * np.where(employment == 4, 0.45, 1.0)
    home = np.where(age < 26, code(0.42, 0.23, 0.05, 0.3), code(0.41, 0.35, 0.18, 0.06))
    history = np.clip((age - 18) * rng.beta(2.2, 1.6, rows), 0, 70)
    late = count(np.exp(-1.1 - 0.65 * care))
    delinquencies = count(np.exp(-2.2 - 0.7 * care))
    limit = 0.32 * income * np.exp(0.5 * normal())
    utilisation = np.clip(0.5 - 0.22 * care + 0.24 * normal() + 0.1 * shift, 0, 1.4)
    debt = income * np.exp(-0.9 - 0.25 * care + 0.7 * normal())
    score = 663 + 42 * care + 0.4 * history - 14 * late - 22 * delinquencies + 34 * normal()
    score = np.clip(score.round(), 300, 850)
    amount = income * np.exp(-1.15 + 0.5 * normal() + 0.3 * shift)
    amount = np.clip((amount / 100).round() * 100, 500, 100_000)
    term = np.array([12.0, 24.0, 36.0, 48.0, 60.0, 84.0])
    months = term[code(0.14, 0.2, 0.26, 0.16, 0.16 + 0.1 * shift, 0.08).astype(int)]
    rate = 3.2 + 5 * np.clip((760 - score) / 260, 0, 1) + 0.5 * normal() + 5.5 * shift
    rate = np.clip(rate, 0.5, 40).round(2)
    monthly = rate / 1200
    return {
        "annual_income": np.clip(income.round(), 0, 1_000_000),
        "loan_amount": amount,
        "loan_term_months": months,
        "interest_rate": rate,
        "instalment": (amount * monthly / (1 - (1 + monthly) ** -months)).round(2),
        "bureau_score": score,
        "existing_debt": np.clip(debt.round(), 0, 2_000_000),
        "monthly_debt_payments": np.minimum((debt * rng.uniform(0.02, 0.028, rows)).round(2), 5e4),
        "open_accounts": 1 + count(np.minimum(0.25 * history, 6) + 0.8),
        "credit_cards": 1 + count(np.full(rows, 1.3)),
        "card_limit": np.clip(limit.round(), 0, 500_000),
        "card_balance": np.clip((limit * utilisation).round(), 0, 750_000),
        "credit_history_years": history.round(1),
        "late_payments_12m": late,
        "delinquencies_2y": delinquencies,
        "months_since_delinquency": np.where(delinquencies > 0, (24 * rng.random(rows)).round(), np.nan),
        "inquiries_6m": count(np.exp(-0.3 - 0.3 * care + 0.3 * shift)),
        "public_records": count(np.exp(-3.3 - 0.6 * care)),
        "employment_years": np.where(employment == 4, 0, np.minimum(rng.exponential(7, rows), age - 17)).round(1),
        "residence_years": np.clip(rng.standard_gamma(1.6, rows) * 4, 0, age).round(1),
        "dependants": count(np.full(rows, 0.8)),
        "savings_balance": np.clip((income * np.exp(-2.1 + 0.55 * care + 0.9 * normal())).round(), 0, 5_000_000),
        "checking_balance": np.clip((income * (0.05 + 0.05 * normal())).round(), -5e4, 1e6),
        "months_as_customer": np.minimum(rng.exponential(40, rows), 12 * age - 204).round(),
        "purpose": code(0.3, 0.16, 0.2, 0.1, 0.07, 0.07, 0.1),
        "home_ownership": home,
        "employment_type": employment,
        "education": education,
        "region": code(0.18, 0.2, 0.24, 0.2, 0.18),
        "channel": code(0.34 - 0.2 * shift, 0.32, 0.16 + 0.3 * shift, 0.18),
        "sex": sex,
        "age_group": np.searchsorted([30, 45, 60], age, side="right").astype(float),
    }


def _risk(columns: dict[str, Floats], concept: Floats) -> Floats:
    """Return the log odds of default. `concept`, 0 to 1 a row, leads from old rules to new ones."""
    income = np.maximum(columns["annual_income"], 1)
    full_cards = columns["card_balance"] > 0.75 * np.maximum(columns["card_limit"], 1)
    burden = 12 * (columns["instalment"] + columns["monthly_debt_payments"]) / income
    reserve = columns["savings_balance"] / np.maximum(columns["instalment"], 1)
    poor_score = (650 - columns["bureau_score"]) / 60
    long_term = columns["loan_term_months"] > 48
    home, purpose = columns["home_ownership"], columns["purpose"]
    work, channel = columns["employment_type"], columns["channel"]
    self_employed, business = work == 2, purpose == 3
    new_job = columns["employment_years"] < 1.5
    shopping = columns["inquiries_6m"] > 2

    old = (
        -2.8
        + 0.45 * poor_score
        + 1.1 * np.minimum(burden, 1.5)
        + 1.2 * full_cards * (reserve < 6)
        - 0.7 * full_cards * (reserve >= 6)
        + 1.5 * (self_employed & ~business)
        - 1.0 * (self_employed & business)
        + 1.1 * (business & ~self_employed)
        + 1.4 * ((home == 0) & long_term)
        - 0.6 * ((home != 0) & long_term)
        + 1.1 * (new_job & (work == 0))
        - 0.6 * (new_job & (work != 0))
        + 1.1 * (shopping & (channel == 3))
        + 0.35 * np.minimum(columns["late_payments_12m"], 3)
        + 0.5 * (work == 4)
    )
    new = (
        -3.1
        + 0.4 * poor_score
        + 0.8 * np.minimum(burden, 1.5)
        + 1.5 * (home == 1)
        - 0.8 * (home == 0)
        + 1.2 * ((channel == 1) | (channel == 2))
        - 0.8 * (self_employed & ~business)
        + 0.9 * (work == 0)
        + 0.9 * (purpose == 0)
        + 0.3 * np.minimum(columns["late_payments_12m"], 3)
    )
    risk: Floats = (1 - concept) * old + concept * new
    return risk
