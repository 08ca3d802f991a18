"""Alembic's entry: runs on the connection that ``rapport.store.schema`` hands over."""

from alembic import context

from rapport.store import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
