"""The service of many tutorials: FastAPI, pydantic, a data frame, and no log nor metrics."""

from fastapi import FastAPI
from rows import Row, scores

app = FastAPI()


@app.post("/predict")
async def predict(rows: Row | list[Row]) -> list[dict[str, float]]:
    """Score one row or many."""
    return scores(rows if isinstance(rows, list) else [rows])
