"""Settings of the service: `[serving]` in `settings.toml`, or `SERVING__PORT` and the like."""

from pydantic import Field

from ..settings import Section


class ServingSettings(Section, table="serving"):
    """Where the service listens, and which stage's model it serves."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    stage: str = "production"
    poll_seconds: float = Field(1.0, gt=0)
    workers: int = Field(1, ge=1)
    maximum_bytes: int = Field(2_000_000, ge=1)
