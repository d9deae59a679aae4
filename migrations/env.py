"""How Alembic reaches the database: one URL, handed over by `service.store.migration`, one transaction a revision."""

from alembic import context
from sqlalchemy import create_engine, pool

from service.store.tables import METADATA


def run() -> None:
    engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=METADATA, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
