"""What wrong decisions cost, and the threshold that follows from it."""

from .settings import Section


class DecisionSettings(Section, table="decision"):
    """What a wrong decision costs. A score above cost_false_positive / (both costs) decides 1."""

    cost_false_positive: float = 1.0
    cost_false_negative: float = 2.0

    @property
    def threshold(self) -> float:
        """The score from which deciding 1 costs less on average than deciding 0, for a calibrated model."""
        return self.cost_false_positive / (self.cost_false_positive + self.cost_false_negative)
