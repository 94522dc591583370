"""What a check says: measures with their limits, and one finding."""

from collections.abc import Sequence
from typing import Literal

import msgspec

State = Literal["ok", "firing", "unknown"]


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a check: of a column, of a group, or of the whole. It fires above `limit`."""

    subject: str
    value: float
    limit: float

    @property
    def firing(self) -> bool:
        """Whether the number is beyond its limit."""
        return self.value > self.limit


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found. `unknown` means that there is not enough evidence: no alert, and no all-clear either."""

    check: str
    state: State
    sentence: str
    advice: str = ""
    measures: tuple[Measure, ...] = ()

    @property
    def worst(self) -> Measure | None:
        """The measure that is furthest towards its limit, or beyond."""
        return max(self.measures, key=lambda measure: measure.value - measure.limit, default=None)


def judge(check: str, measures: Sequence[Measure], quiet: str, loud: str, advice: str) -> Finding:
    """Make a finding of measures: firing when one of them is. `loud` is followed by the worst subjects."""
    firing = sorted((m for m in measures if m.firing), key=lambda m: m.limit - m.value)
    if not firing:
        return Finding(check=check, state="ok", sentence=quiet, measures=tuple(measures))
    named = ", ".join(f"{m.subject} ({shown(m.value)}, limit {shown(m.limit)})" for m in firing[:3])
    more = f" and {len(firing) - 3} more" if len(firing) > 3 else ""
    return Finding(
        check=check,
        state="firing",
        sentence=f"{loud}: {named}{more}.",
        advice=advice,
        measures=tuple(measures),
    )


def shown(number: float) -> str:
    """Write a number with three decimals, and one that is smaller than that with two digits."""
    return f"{number:.2g}" if 0 < abs(number) < 0.001 else f"{number:.3f}"


def too_few(check: str, rows: int, needed: int, what: str = "rows") -> Finding:
    """Say that a check has too little to judge by."""
    return Finding(
        check=check,
        state="unknown",
        sentence=f"Not enough {what} to judge by: {rows} of {needed}.",
        advice="Wait for more, or lower `minimum_rows` in [monitoring] of settings.toml.",
    )
