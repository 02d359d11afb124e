"""What Alembic executes: run the revisions on the connection that the store handed over.

Offline mode (printing SQL) is refused by having no code for it.
"""

from alembic import context

from understudy.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
