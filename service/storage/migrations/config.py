"""alembic's configuration, without an ini file."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config


def alembic_config(url: str) -> Config:
    """Configuration for the database at ``url``."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config
