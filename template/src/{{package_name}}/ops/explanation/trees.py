"""Reads the trees of an exported model: gradient boosting looks alike in ONNX, whichever library trained it."""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

OPERATOR, LEAF, AT_MOST, BELOW = "TreeEnsembleClassifier", b"LEAF", b"BRANCH_LEQ", b"BRANCH_LT"

Tree = dict[str, NDArray[Any]]


def read(content: bytes) -> dict[str, Any] | None:
    """Return an ONNX model as shap takes trees, in log odds; None where it is more than one boosted ensemble."""
    nodes = onnx.load_from_string(content).graph.node
    if len(nodes) != 1 or nodes[0].op_type != OPERATOR:
        return None
    found = {attribute.name: helper.get_attribute_value(attribute) for attribute in nodes[0].attribute}
    known = set(found["nodes_modes"]) <= {LEAF, AT_MOST, BELOW}
    if not known or found["post_transform"] != b"LOGISTIC" or len(set(found["class_ids"])) != 1:
        return None
    return {
        "trees": _trees(found),
        "base_offset": float(found.get("base_values", [0.0])[0]),
        "tree_output": "log_odds",
        "objective": "binary_crossentropy",
        "input_dtype": np.float64,
        "internal_dtype": np.float64,
    }


def _trees(found: dict[str, Any]) -> list[Tree]:
    columns = {name: np.asarray(values) for name, values in found.items() if name.startswith("nodes_")}
    leaves = zip(found["class_treeids"], found["class_nodeids"], found["class_weights"], strict=True)
    weights = {(tree, node): weight for tree, node, weight in leaves}
    number = columns["nodes_treeids"]
    return [
        _tree({name: values[number == tree] for name, values in columns.items()}, int(tree), weights)
        for tree in np.unique(number)
    ]


def _tree(columns: dict[str, NDArray[Any]], number: int, weights: dict[tuple[int, int], float]) -> Tree:
    """Make one tree. ONNX names nodes by any number and compares in float32; shap wants positions and compares `<=`."""
    order = np.argsort(columns["nodes_nodeids"], kind="stable")
    columns = {name: values[order] for name, values in columns.items()}
    identifiers, modes = columns["nodes_nodeids"], columns["nodes_modes"]
    leaf = modes == LEAF
    left = np.where(leaf, -1, np.searchsorted(identifiers, columns["nodes_truenodeids"]))
    right = np.where(leaf, -1, np.searchsorted(identifiers, columns["nodes_falsenodeids"]))
    thresholds = columns["nodes_values"].astype(np.float32)
    thresholds = np.where(modes == BELOW, np.nextafter(thresholds, np.float32(-np.inf)), thresholds)
    missing_left = columns.get("nodes_missing_value_tracks_true", np.zeros(len(leaf))) == 1
    return {
        "children_left": left,
        "children_right": right,
        "children_default": np.where(missing_left, left, right),
        "features": np.where(leaf, 0, columns["nodes_featureids"]),
        "thresholds": thresholds.astype(np.float64),
        "values": np.array([[weights.get((number, int(node)), 0.0)] for node in identifiers]),
        "node_sample_weight": np.ones(len(leaf)),  # not used beside reference rows
    }
