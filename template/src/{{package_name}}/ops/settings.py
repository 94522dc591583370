"""Typed settings: a module declares a section; `settings.toml` and the environment fill it in.

    class GateSettings(Section, table="gate"):
        minimum_auc: float = 0.6

    settings = GateSettings.load()

An environment variable wins over the file: `GATE__MINIMUM_AUC=0.7`.
"""

import tomllib
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from .errors import ProjectError

FILE = Path("settings.toml")


class Section(BaseSettings):
    """One table of `settings.toml`. Unknown names and wrong types are refused with one sentence."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)
    table: ClassVar[str] = ""

    def __init_subclass__(cls, table: str, **kwargs: Any) -> None:
        cls.table = table
        cls.model_config["env_prefix"] = f"{table.upper()}__"
        super().__init_subclass__(**kwargs)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file. Called by pydantic."""
        with FILE.open("rb") as file:
            table = tomllib.load(file).get(cls.table, {})
        if not isinstance(table, dict):
            raise ProjectError(f"{FILE} gives {cls.table} a value: make it a table, [{cls.table}].")
        return init_settings, env_settings, InitSettingsSource(settings_cls, init_kwargs=table)

    @classmethod
    def load(cls) -> Self:
        """Read the section. Raises ProjectError when the file is missing or a value is wrong."""
        if not FILE.is_file():
            raise ProjectError(f"{FILE} is not in {Path.cwd()}: run the command from the project's root folder.")
        try:
            return cls()
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ProjectError(f"{FILE} is not valid TOML ({error}): mend that line.") from error
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            raise ProjectError(
                f"Setting `{name}` in [{cls.table}] of {FILE}: {first['msg']}, not {first['input']!r}."
            ) from error


class StorageSettings(Section, table="storage"):
    """Where steps read and write. `root` is a folder or an fsspec URL such as `s3://bucket/prefix`."""

    root: str = "artifacts"
