"""At which revision is this database, as the role of the service sees it? Bringing it to another one: `migration`."""

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from service.store.database import Database


def revision_of(database: Database) -> str | None:
    """None for one that is so old that it does not say (before 0009), or has never been migrated."""
    with database.outside() as connection:
        try:
            found: str | None = connection.execute(text("select version_num from alembic_version")).scalar_one_or_none()
        except ProgrammingError:
            return None
    return found
