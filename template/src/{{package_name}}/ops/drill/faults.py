"""What the drill breaks, on purpose and only below its own storage root."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ...schema import SCHEMA
from .. import bundle, storage
from ..registry import open_registry


def shuffle_labels() -> None:
    """Shuffle the labels of the training table: what learns from it learns nothing."""
    path = storage.url("data", "train.parquet")
    frame = storage.read_table(path)
    storage.write_table(path, frame.with_columns(frame[SCHEMA.target].shuffle(seed=1)))


def register_broken(current: str) -> int:
    """Register the served model with a fault: it gives no number for the rows of the usual size of one feature."""
    loaded = bundle.load(current)
    model = onnx.load_from_string(loaded.files[bundle.MODEL])
    position = next(i for i, name in enumerate(SCHEMA.names) if name in {column.name for column in SCHEMA.numeric})
    sample = loaded.own_encoder.matrix(bundle.columns(_sample(loaded).rows, SCHEMA))[:, position]
    # Scores of the sample stay, so that only live requests show the fault.
    edge = np.nextafter(np.float32(np.nanmax(sample)), np.float32(np.inf))
    output = loaded.manifest.output
    model.graph.initializer.extend(
        [
            numpy_helper.from_array(np.array([position], np.int64), "drill_position"),
            numpy_helper.from_array(np.array([edge], np.float32), "drill_edge"),
            numpy_helper.from_array(np.array([np.nan], np.float32), "drill_nothing"),
        ]
    )
    model.graph.node.extend(
        [
            helper.make_node("Gather", [bundle.INPUT, "drill_position"], ["drill_cell"], axis=1),
            helper.make_node("Greater", ["drill_cell", "drill_edge"], ["drill_caught"]),
            helper.make_node("Where", ["drill_caught", "drill_nothing", output], ["drill_score"]),
        ]
    )
    model.graph.output.append(helper.make_tensor_value_info("drill_score", TensorProto.FLOAT, [None, None]))
    manifest = msgspec.structs.replace(loaded.manifest, output="drill_score", run_id=f"{loaded.manifest.run_id}-broken")
    files = {**loaded.files, bundle.MODEL: model.SerializeToString()}
    files.pop(bundle.MANIFEST)
    made = storage.url("drill-candidate")
    bundle.save(made, manifest, files)
    return open_registry().register(made, None)


@contextmanager
def no_registry() -> Iterator[None]:
    """Take the registry away until the block ends: a folder stands where its database was."""
    database = Path(storage.url("registry", "mlflow.db"))
    away = database.with_suffix(".away")
    database.rename(away)
    database.mkdir()
    try:
        yield
    finally:
        database.rmdir()
        away.rename(database)


def _sample(loaded: bundle.Bundle) -> bundle.Sample:
    return msgspec.json.decode(loaded.files[bundle.SAMPLE], type=bundle.Sample)
