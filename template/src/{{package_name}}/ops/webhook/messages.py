"""What Alertmanager posts, format version 4: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from ..errors import ProjectError
from ..trigger import Firing

VERSION = "4"


class Refused(ProjectError):  # noqa: N818  an answer to the sender
    """A request that is answered with this status and sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Posted(msgspec.Struct, frozen=True, rename="camel"):
    """One alert. `fingerprint` is of its labels, so it is the same each time this alert fires; `starts_at` is not."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    starts_at: Annotated[datetime, msgspec.Meta(tz=True)]
    fingerprint: str

    @property
    def firing(self) -> Firing | None:
        """The alert for the trigger. None when it is resolved, or of no check: its rule has no label `check`."""
        check = self.labels.get("check")
        if self.status == "resolved" or not check:
            return None
        return Firing(check=check, since=self.starts_at, key=f"{self.fingerprint} since {self.starts_at.isoformat()}")


class Envelope(msgspec.Struct, frozen=True):
    """The version of the format, whatever else there is."""

    version: str


class Message(msgspec.Struct, frozen=True):
    """One post: the alerts of a group. The rest of it repeats what they say."""

    alerts: list[Posted]


def read(body: bytes) -> list[Posted]:
    """Read a post. Raises Refused with status 400."""
    try:
        version = msgspec.json.decode(body, type=Envelope).version
        if version != VERSION:
            raise Refused(400, f"This is version {version[:20]!r} of Alertmanager's format; it must be {VERSION!r}.")
        return msgspec.json.decode(body, type=Message).alerts
    except msgspec.DecodeError as error:
        raise Refused(400, f"This is no post of Alertmanager ({error}).") from error
