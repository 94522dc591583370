"""Prints the first sample row of a project's released model, and the matrix that it becomes, as JSON."""

import json
import sys
from importlib import import_module

package, stage = sys.argv[1:]
bundle = import_module(f"{package}.ops.bundle")
release = import_module(f"{package}.ops.release")
loaded = bundle.load(release.current_url(stage))
rows = json.loads(loaded.files[bundle.SAMPLE])["rows"]
row = next((row for row in rows if None not in row.values()), rows[0])
matrix = loaded.encoder.matrix(bundle.columns([row], loaded.manifest.schema))
score = float(loaded.score(matrix)[0])
print(json.dumps({"row": row, "matrix": matrix.tolist(), "score": score, "url": release.current_url(stage)}))
