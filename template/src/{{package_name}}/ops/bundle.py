"""The bundle: one folder that holds a model and all that is needed to serve, check and explain it.

Its files:

    model.onnx      input `features`, float32 (rows, features); one output holds the probability
    manifest.json   what the model is, where it came from, and the checksum of every other file
    profile.json    what the training data looked like, for drift checks
    sample.json     a few rows with the scores that they must get, tried after every load
    features.py     the feature code that it was trained with
    card.md         the model card, from `register` on
    data-card.md    what it learned from, where the level has data cards

Beside them, where releases are signed: `manifest.json.sigstore.json`.
"""

import hashlib
import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from .. import features
from . import storage
from .columns import Schema
from .encoding import Encoder
from .errors import ProjectError

MODEL, MANIFEST, PROFILE, SAMPLE, CARD = (
    "model.onnx",
    "manifest.json",
    "profile.json",
    "sample.json",
    "card.md",
)
FEATURES, DATA_CARD = "features.py", "data-card.md"
SIGNATURE = f"{MANIFEST}.sigstore.json"
INPUT = "features"
TOLERANCE = 1e-4  # float32 sums differ by about 1e-6 between CPUs; a wrong model is far away

Value = float | int | str | bool | None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle is and where it came from. `files` maps each other file to its SHA-256."""

    name: str
    framework: str
    schema: Schema
    feature_names: tuple[str, ...]
    features_digest: str
    output: str
    threshold: float
    parameters: dict[str, float | int]
    seed: int
    parity: float
    trained_at: str
    training_rows: int
    data_version: str
    commit: str
    run_id: str
    python: str
    libraries: dict[str, str]
    metrics: dict[str, float] = {}
    files: dict[str, str] = {}


class Sample(msgspec.Struct, frozen=True):
    """Rows as a request would send them, and the scores that the model gave them when it was packaged."""

    rows: list[dict[str, Value]]
    scores: list[float]


@dataclass(frozen=True)
class Bundle:
    """A bundle in memory, its checksums verified."""

    manifest: Manifest
    files: Mapping[str, bytes]

    @property
    def version_digest(self) -> str:
        """SHA-256 of the manifest: one value that stands for every byte of the bundle."""
        return storage.checksum(self.files[MANIFEST])

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder with this project's `features.py`. Raises ProjectError when it is not the model's."""
        if self.manifest.features_digest != features_digest():
            raise ProjectError(
                f"The model was trained with another features.py (commit {self.manifest.commit}): "
                "serve it with the code of that commit, or train again with this code."
            )
        return Encoder(self.manifest.schema, features.derive)

    @cached_property
    def own_encoder(self) -> Encoder:
        """The encoder with the `features.py` inside the bundle: it scores an old model beside newer code.

        It runs code from the registry, so steps that may write to the registry use it, and the service never does.
        """
        if self.manifest.features_digest == features_digest():
            return self.encoder
        module = types.ModuleType(f"{features.__name__}_of_bundle")
        module.__package__ = features.__package__
        exec(compile(self.files[FEATURES], FEATURES, "exec"), module.__dict__)  # noqa: S102
        return Encoder(self.manifest.schema, module.derive)

    @cached_property
    def session(self) -> ort.InferenceSession:
        """The ONNX Runtime session, one thread: a single row is faster without a pool."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            return ort.InferenceSession(self.files[MODEL], options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime raises a dozen unrelated classes
            reason = str(error).splitlines()[0]
            raise ProjectError(f"{MODEL} cannot be loaded ({reason}): train and package the model again.") from error

    def score(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probability of class 1 for each row of a float32 matrix (rows, features)."""
        output = self.session.run([self.manifest.output], {INPUT: matrix})[0]
        scores: NDArray[np.float32] = output[:, -1] if output.ndim == 2 else output
        return scores

    def verify(self) -> None:
        """Score the sample rows through this project's feature code. Raises ProjectError when a score differs."""
        try:
            sample = msgspec.json.decode(self.files[SAMPLE], type=Sample)
        except msgspec.DecodeError as error:
            raise ProjectError(f"{SAMPLE} is broken ({error}): package the model again.") from error
        scores = self.score(self.encoder.matrix(columns(sample.rows, self.manifest.schema)))
        difference = float(np.max(np.abs(scores - np.asarray(sample.scores)), initial=0.0))
        if not difference <= TOLERANCE:  # NaN is not below the tolerance either
            raise ProjectError(
                "The model gives its sample rows other scores than when it was packaged (by up "
                f"to {difference:.2g}): "
                "package it again with the libraries of this project's lock file."
            )


def candidate_url() -> str:
    """Return where the bundle of the candidate is kept, from training to registration."""
    return storage.url("candidate")


def columns(rows: list[dict[str, Value]], schema: Schema) -> dict[str, list[Value]]:
    """Turn request rows into the columns that the encoder takes; a name that is not there is null."""
    return {name: [row.get(name) for row in rows] for name in schema.names}


def features_digest() -> str:
    """SHA-256 of this project's `features.py`."""
    return hashlib.sha256(features_source()).hexdigest()


def features_source() -> bytes:
    """The text of this project's `features.py`."""
    return Path(str(features.__file__)).read_bytes()


def save(url: str, manifest: Manifest, files: Mapping[str, bytes]) -> Bundle:
    """Write a bundle; the manifest goes last, so that a folder without one is no bundle."""
    checksums = {name: storage.checksum(files[name]) for name in sorted(files) if name != MANIFEST}
    manifest = msgspec.structs.replace(manifest, files=checksums)
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    for name in checksums:
        storage.write_bytes(f"{url}/{name}", files[name])
    storage.write_bytes(f"{url}/{MANIFEST}", text)
    return Bundle(manifest, {**{name: files[name] for name in checksums}, MANIFEST: text})


def load(url: str) -> Bundle:
    """Read a bundle and verify each checksum. Raises ProjectError when a file is missing, cut off or changed."""
    if not storage.exists(f"{url}/{MANIFEST}"):
        raise ProjectError(f"{url} holds no model: train one, or check the path.")
    text = storage.read_bytes(f"{url}/{MANIFEST}")
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise ProjectError(f"{url}/{MANIFEST} is broken ({error}): package the model again or roll back.") from error
    files = {MANIFEST: text}
    for name, digest in manifest.files.items():
        files[name] = storage.read_bytes(f"{url}/{name}")
        if storage.checksum(files[name]) != digest:
            raise ProjectError(
                f"{url}/{name} is damaged (its checksum is not the manifest's): copy it again or roll back."
            )
    return Bundle(manifest, files)


def copy(source: str, target: str) -> Bundle:
    """Copy a bundle, verified on the way, with its signature if it has one."""
    bundle = load(source)
    signature = storage.find_bytes(f"{source}/{SIGNATURE}")
    if signature is not None:
        storage.write_bytes(f"{target}/{SIGNATURE}", signature)
    return save(target, bundle.manifest, bundle.files)
