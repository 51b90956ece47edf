"""How alembic reaches the database; executed by alembic."""

from alembic import context

from service.storage.coaching_tables import metadata
from service.storage.engine import open_engine


def run() -> None:
    """Run the migrations over a connection of ours."""
    engine = open_engine(str(context.config.get_main_option("sqlalchemy.url")))
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            user_module_prefix="sqlmodel.sql.sqltypes.",
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
