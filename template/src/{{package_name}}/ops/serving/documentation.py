"""What `/docs` and `/version` say about the model in service."""

from typing import Any

import msgspec

from .loading import Model
from .predict import Failure, Prediction


def describe(model: Model) -> dict[str, Any]:
    """Return where a model comes from: code, data and run, and when it came into service."""
    manifest = model.manifest
    return {
        "version": model.version,
        "name": manifest.name,
        "framework": manifest.framework,
        "commit": manifest.commit,
        "data_version": manifest.data_version,
        "run_id": manifest.run_id,
        "trained_at": manifest.trained_at,
        "threshold": manifest.threshold,
        "metrics": manifest.metrics,
        "loaded_at": model.loaded_at,
    }


def add_predict(document: dict[str, Any], model: Model | None) -> dict[str, Any]:
    """Add `/predict` to an OpenAPI document, with the columns of the model in service."""
    types: list[Any] = [Prediction, Failure]
    if model is not None:
        types.append(model.requests.row)
    shapes, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    prediction, failure, *rows = shapes
    document.setdefault("components", {}).setdefault("schemas", {}).update(components)
    document["paths"]["/predict"] = {
        "post": {
            "summary": "Predict",
            "description": "An object is one row and gets one prediction, an array gets an array.",
            "requestBody": _json(_one_or_many(rows[0] if rows else {"type": "object"})),
            "responses": {
                "200": {"description": "The prediction.", **_json(_one_or_many(prediction))},
                "413": {"description": "Too many rows at once.", **_json(failure)},
                "422": {"description": "The row is not what the schema says.", **_json(failure)},
                "503": {"description": "There is no model yet.", **_json(failure)},
            },
        }
    }
    return document


def _json(shape: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": shape}}}


def _one_or_many(shape: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [shape, {"type": "array", "items": shape}]}
