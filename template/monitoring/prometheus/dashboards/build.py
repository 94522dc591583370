"""Writes the dashboards beside this file as JSON, which Grafana reads: `make dashboards`.

A module here that has `build() -> Dashboard` is a dashboard.
"""

import importlib
import sys
from pathlib import Path

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

HERE = Path(__file__).parent
OWN = {Path(__file__).stem, "panels"}


def render(dashboard: Dashboard) -> str:
    """Return a dashboard as JSON; equal objects give equal text."""
    built = dashboard.build()
    for number, panel in enumerate(built.panels or (), 1):
        panel.id_val = number
    return JSONEncoder(sort_keys=True, indent=2).encode(built) + "\n"


def main(folder: Path = HERE) -> None:
    """Write every dashboard into a folder."""
    for path in sorted(HERE.glob("*.py")):
        if path.stem not in OWN:
            target = folder / f"{path.stem}.json"
            target.write_text(render(importlib.import_module(path.stem).build()), encoding="utf-8")
            print(f"Wrote {target}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
