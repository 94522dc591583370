"""The same model as a BentoML service that batches what comes together. BentoML's own metrics are on, as by default."""

import bentoml
from rows import Row, scores


@bentoml.service(workers=1, logging={"access": {"enabled": False}})
class Scores:
    """Scores rows."""

    @bentoml.api(batchable=True)
    def predict(self, rows: list[Row]) -> list[dict[str, float]]:
        """Score all rows that the dispatcher has put together."""
        return scores(rows)
