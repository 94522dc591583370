"""What `make scan` looks at: each module of this package is a check and a target of its own."""

from collections.abc import Mapping

import msgspec
from pydantic import Field

from ..settings import Section


class ScanSettings(Section, table="scan"):
    """All empty: the list of allowed licences stands in licences.py, so that it comes with updates.

    `allow_licences` and `refuse_licences` add to that list and take away from it. `exceptions` are packages that a
    person has decided on, with the reason. `vulnerability_service` is another server that speaks OSV's protocol, such
    as a mirror in a closed network.
    """

    allow_licences: tuple[str, ...] = ()
    refuse_licences: tuple[str, ...] = ()
    exceptions: Mapping[str, str] = Field(default_factory=dict)
    vulnerability_service: str = ""


class Report(msgspec.Struct, frozen=True):
    """What a check found. `red` turns the scan red, `notes` are to know; `looked_at` is empty where nothing was."""

    looked_at: str
    red: list[str] = []
    notes: list[str] = []
