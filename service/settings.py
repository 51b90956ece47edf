"""Settings: ``ilium.toml``, then ``ILIUM_*``, then what the command line says."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Any

from platformdirs import user_data_path
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from fusion.errors import IliumError
from fusion.types import EstimatorName

SETTINGS_FILE = Path("ilium.toml")


class SettingsError(IliumError, ValueError):
    """A setting is not valid; names it and what is allowed."""


class Settings(BaseSettings):
    """Everything that can be set; loopback and an embedded broker by default."""

    model_config = SettingsConfigDict(env_prefix="ILIUM_", toml_file=SETTINGS_FILE, extra="forbid")

    data_dir: Path = Field(default_factory=lambda: user_data_path("ilium"))
    profiles_dir: Path | None = None
    """Folder of your own firmware profiles; one with the id of ours replaces it."""
    database_url: str | None = None
    """SQLAlchemy URL; by default ``app.db`` in the data folder."""
    site: str = Field("home", pattern="^[a-z0-9_-]{1,32}$")
    gateway_id: str = Field("gateway", pattern="^[a-z0-9_-]{1,32}$")
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    """Port of API and dashboard; 0 takes any free one."""
    mqtt_url: str | None = None
    """``mqtt://host:port`` of your own broker; by default one is started on loopback."""
    mqtt_port: int = Field(0, ge=0, le=65535)
    """Port of the embedded broker; 0 takes any free one."""
    adapters: tuple[str, ...] = ()
    """Bluetooth adapters to use (``hci0``, ``hci1``; Linux); by default the system's own choice."""
    connections_per_adapter: int = Field(5, ge=1, le=20)
    """Streaming sensors that one adapter carries."""
    live_hz: float = Field(25.0, ge=1.0, le=60.0)
    rate_hz: float = Field(60.0, ge=10.0, le=240.0)
    """Rate of the common time grid."""
    estimator: EstimatorName = "ilium"
    """Orientation: ours, or one of the well-known filters (madgwick, mahony, ekf) for comparison."""
    stand_s: float = Field(3.0, ge=1.0, le=30.0)
    spool_commit_s: float = Field(0.5, gt=0.0, le=1.0)
    reopen_within_s: float = Field(1800.0, ge=0.0)
    """A session left open by a crash goes on if its last packet is younger than this."""

    @field_validator("host")
    @classmethod
    def _only_loopback(cls, host: str) -> str:
        loopback = host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)
        if not loopback:
            raise ValueError("only a loopback address is allowed while there is no authentication")
        return host

    @property
    def database(self) -> str:
        """URL of the database."""
        return self.database_url or f"sqlite:///{self.data_dir / 'app.db'}"

    @property
    def spool_dir(self) -> Path:
        """Folder of raw packets of open sessions."""
        return self.data_dir / "spool"

    @property
    def recordings_dir(self) -> Path:
        """Folder of closed sessions' recordings."""
        return self.data_dir / "recordings"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options before environment before file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**options: Any) -> Settings:
    """Settings with ``options`` of the command line (None: not given).

    Raises `SettingsError` naming the setting.
    """
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise SettingsError(f"setting {name}: {first['msg']} (got {first.get('input')!r})") from error


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
