"""Prints rows of a project's released model, the matrix that they become, and where the model lies, as JSON.

python row.py PACKAGE STAGE COUNT
"""

import itertools
import json
import sys
from importlib import import_module

package, stage, count = sys.argv[1:]
bundle = import_module(f"{package}.ops.bundle")
release = import_module(f"{package}.ops.release")
loaded = bundle.load(release.current_url(stage))
found = json.loads(loaded.files[bundle.SAMPLE])["rows"]
whole = [row for row in found if None not in row.values()] or found
rows = list(itertools.islice(itertools.cycle(whole), int(count)))
matrix = loaded.encoder.matrix(bundle.columns(rows, loaded.manifest.schema))
print(json.dumps({"rows": rows, "matrix": matrix.tolist(), "url": release.current_url(stage)}))
