"""``python -m service.storage.migrations URL``: bring a database to the newest schema."""

import sys

from alembic import command

from service.storage.migrations.config import alembic_config

if __name__ == "__main__":
    command.upgrade(alembic_config(sys.argv[1]), "head")
