"""Two versions of a project's released model, in storage of their own (STORAGE__ROOT): for `switch.py`.

python versions.py PACKAGE STAGE prepare BUNDLE    registers both, and releases the first
python versions.py PACKAGE STAGE promote           releases the second
"""

import sys
from importlib import import_module
from typing import Any

import msgspec

package, stage, action, *rest = sys.argv[1:]
modules = ("bundle", "release", "registry", "storage")
ops: dict[str, Any] = {name: import_module(f"{package}.ops.{name}") for name in modules}
registry = ops["registry"].FileRegistry(ops["storage"].url("registry"))
if action == "prepare":
    loaded = ops["bundle"].load(rest[0])
    registry.register(rest[0], None)
    again = msgspec.structs.replace(loaded.manifest, trained_at="2000-01-01T00:00:00+00:00", files={})
    files = {name: content for name, content in loaded.files.items() if name != ops["bundle"].MANIFEST}
    made = ops["storage"].url("candidate")
    ops["bundle"].save(made, again, files)
    registry.register(made, None)
ops["release"].release(registry, 1 if action == "prepare" else 2, stage, "benchmark")
