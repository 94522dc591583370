"""What the data looks like: types, ranges, categories. Yours: describe your own columns here.

A value outside of a column's range or list stops the pipeline; the service refuses it.
"""

from .ops.columns import Categorical, Numeric, Schema

SCHEMA = Schema(
    target="defaulted",
    identifier="application_id",
    time="applied_at",
    features=(
        Numeric(name="annual_income", minimum=0, maximum=1_000_000, description="before tax"),
        Numeric(name="loan_amount", minimum=500, maximum=100_000),
        Numeric(name="loan_term_months", minimum=6, maximum=120, integer=True),
        Numeric(name="interest_rate", minimum=0, maximum=40, description="per cent a year"),
        Numeric(name="instalment", minimum=0, maximum=20_000, description="to be paid a month"),
        Numeric(name="bureau_score", minimum=300, maximum=850, nullable=True),
        Numeric(name="existing_debt", minimum=0, maximum=2_000_000),
        Numeric(name="monthly_debt_payments", minimum=0, maximum=50_000),
        Numeric(name="open_accounts", minimum=0, maximum=60, integer=True),
        Numeric(name="credit_cards", minimum=0, maximum=30, integer=True),
        Numeric(name="card_limit", minimum=0, maximum=500_000, description="of all cards"),
        Numeric(name="card_balance", minimum=0, maximum=750_000, description="of all cards"),
        Numeric(name="credit_history_years", minimum=0, maximum=70),
        Numeric(name="late_payments_12m", minimum=0, maximum=40, integer=True),
        Numeric(name="delinquencies_2y", minimum=0, maximum=30, integer=True),
        Numeric(
            name="months_since_delinquency",
            minimum=0,
            maximum=600,
            integer=True,
            nullable=True,
            description="null: there was none",
        ),
        Numeric(name="inquiries_6m", minimum=0, maximum=40, integer=True),
        Numeric(name="public_records", minimum=0, maximum=20, integer=True),
        Numeric(name="employment_years", minimum=0, maximum=60, nullable=True),
        Numeric(name="residence_years", minimum=0, maximum=90),
        Numeric(name="dependants", minimum=0, maximum=15, integer=True),
        Numeric(name="savings_balance", minimum=0, maximum=5_000_000, nullable=True),
        Numeric(name="checking_balance", minimum=-50_000, maximum=1_000_000),
        Numeric(name="months_as_customer", minimum=0, maximum=700, integer=True),
        Categorical(
            name="purpose",
            categories=("debt", "home", "car", "business", "education", "medical", "other"),
        ),
        Categorical(name="home_ownership", categories=("rent", "mortgage", "own", "family")),
        Categorical(
            name="employment_type",
            categories=("permanent", "temporary", "self_employed", "retired", "none"),
        ),
        Categorical(
            name="education",
            categories=("school", "vocational", "bachelor", "master"),
            nullable=True,
        ),
        Categorical(name="region", categories=("north", "east", "south", "west", "capital")),
        Categorical(name="channel", categories=("branch", "online", "mobile", "broker")),
    ),
    sensitive=(
        Categorical(name="sex", categories=("female", "male")),
        Categorical(name="age_group", categories=("18-29", "30-44", "45-59", "60+")),
    ),
    slices=("channel", "purpose", "region", "sex", "age_group"),
)
