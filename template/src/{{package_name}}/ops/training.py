"""Trains the candidate and packages it with all that is needed to serve, check and explain it."""

from datetime import UTC, datetime

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import ConfigDict

from .. import model
from ..features import derive
from ..schema import SCHEMA
from . import bundle, lineage, profile, storage, tables
from .bundle import Bundle, Manifest, Sample
from .costs import DecisionSettings
from .encoding import Encoder
from .errors import ProjectError
from .frameworks import framework
from .plugins import PACKAGE
from .settings import Section

SAMPLE_ROWS = 20


class TrainingSettings(Section, table="training"):
    """How the candidate is trained. `seed` decides all that is random: two runs give the same model."""

    seed: int = 7


class ModelSettings(Section, table="model"):
    """Hyperparameters, by the names that model.py passes on."""

    model_config = ConfigDict(extra="allow")  # type: ignore[assignment]


def tuned_url() -> str:
    """Return where the tuning step leaves the hyperparameters that it chose."""
    return storage.url("tuning", "parameters.json")


def given() -> dict[str, float | int]:
    """Return the hyperparameters of settings.toml."""
    try:
        return msgspec.convert(ModelSettings.load().model_extra, dict[str, int | float], strict=False)
    except msgspec.ValidationError as error:
        raise ProjectError(f"A hyperparameter in [model] of settings.toml is not a number ({error}).") from error


def parameters() -> dict[str, float | int]:
    """Return the hyperparameters: those of settings.toml, and over them those that tuning chose."""
    tuned: dict[str, int | float] = {}
    if storage.exists(tuned_url()):
        tuned = storage.read_json(tuned_url(), dict[str, int | float])
    return given() | tuned


def train(run_id: str) -> Bundle:
    """Fit the model on the training table, compare its export with it, and write the bundle."""
    frame = tables.train()
    encoder = Encoder(SCHEMA, derive)
    matrix, target = tables.matrix(frame, encoder), tables.target(frame, SCHEMA)
    library, seed, chosen = framework(), TrainingSettings.load().seed, parameters()
    fitted = library.fit(build(chosen, encoder, seed), matrix, target)
    exported = library.export(fitted, len(encoder.names))
    manifest = Manifest(
        name=PACKAGE.replace("_", "-"),
        framework=library.NAME,
        schema=SCHEMA,
        feature_names=encoder.names,
        features_digest=bundle.features_digest(),
        output=exported.output,
        threshold=DecisionSettings.load().threshold,
        parameters=chosen,
        seed=seed,
        parity=0.0,
        trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
        training_rows=len(frame),
        data_version=lineage.data_version(),
        commit=lineage.commit(),
        run_id=run_id,
        python=lineage.python(),
        libraries=lineage.libraries(library.LIBRARIES),
    )
    unpacked = Bundle(manifest, {bundle.MODEL: exported.content})
    scores = unpacked.score(matrix)
    manifest = msgspec.structs.replace(manifest, parity=_parity(library.predict(fitted, matrix), scores))
    sample = _sample(unpacked, encoder, frame, seed)
    categories = {column.name: column.categories for column in SCHEMA.categorical}
    # The world as it is when the model is released: the newest rows, which it did not learn from. Years of
    # training rows would call today's usual traffic drift.
    newest = tables.matrix(tables.test(), encoder)
    reference = profile.describe(newest, encoder.names, categories, unpacked.score(newest))
    files = {
        bundle.MODEL: exported.content,
        bundle.FEATURES: bundle.features_source(),
        bundle.PROFILE: msgspec.json.encode(reference),
        bundle.SAMPLE: msgspec.json.encode(sample),
    }
    saved = bundle.save(bundle.candidate_url(), manifest, files)
    saved.verify()
    return saved


def build(parameters: dict[str, float | int], encoder: Encoder, seed: int) -> object:
    """Make the model of model.py. Raises ProjectError when it does not know a hyperparameter."""
    try:
        return model.build(parameters, encoder, seed)
    except TypeError as error:
        raise ProjectError(f"model.py refuses the hyperparameters ({error}): mend [model] in settings.toml.") from error


def _parity(native: NDArray[np.float64], exported: NDArray[np.float32]) -> float:
    """Largest difference between the native model and its export. Raises ProjectError when it matters."""
    difference = float(np.max(np.abs(native - exported)))
    if not difference <= bundle.TOLERANCE:
        raise ProjectError(
            f"The exported model differs from the trained one by up to {difference:.2g}: "
            "use an estimator and options that the export supports (see model.py)."
        )
    return difference


def _sample(unpacked: Bundle, encoder: Encoder, frame: pl.DataFrame, seed: int) -> Sample:
    """Rows to try after every load. Values are mixed across rows, so that no row of it is a person."""
    drawn = frame.select(
        frame[name].sample(min(SAMPLE_ROWS, len(frame)), seed=seed + position)
        for position, name in enumerate(SCHEMA.names)
    )
    scores = unpacked.score(tables.matrix(drawn, encoder))
    return Sample(drawn.to_dicts(), [round(float(score), 6) for score in scores])
