"""Settings of the prediction log: `[prediction_log]` in `settings.toml`, or `PREDICTION_LOG__KEEP_DAYS`."""

from pydantic import Field

from ..settings import Section


class PredictionLogSettings(Section, table="prediction_log"):
    """How predictions are written, and how long they are kept.

    `queue_bytes`: what may wait in memory while storage is slow; beyond it, predictions are answered and not logged.
    `file_bytes`: how large a file grows, as lines and as Parquet. One file at a time is held in memory.
    `flush_seconds`: how often the queue is written to a disk, and so what a crash of the service may lose.
    `bucket_seconds`: the same for a bucket. Objects cannot be appended to: each flush makes one.
    `compact_seconds`: how old the first line of a file may get before the file becomes Parquet. An hour keeps both
        the lines that each reader parses and the number of small Parquet files low.
    `keep_days`: three months show a season and outlast most labels; the law may ask for less, or for more.
    `keep_bytes`: a limit for the disk: with 30 features, about 50 million predictions. The oldest days go first.

    The secret of the pseudonyms is no setting of the file: it comes from the environment, PREDICTION_LOG__SECRET.
    """

    queue_bytes: int = Field(64_000_000, gt=0)
    file_bytes: int = Field(64_000_000, gt=0)
    flush_seconds: float = Field(0.1, gt=0)
    bucket_seconds: float = Field(10.0, gt=0)
    compact_seconds: float = Field(3_600.0, ge=0)
    keep_days: int = Field(90, ge=1)
    keep_bytes: int = Field(10_000_000_000, gt=0)
