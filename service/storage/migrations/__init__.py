"""Schema history, for alembic. Run as a module with a database URL to upgrade it."""
