"""What if a name is taken? The unique constraints decide, also between two at once; whoever comes second is refused."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import UniqueViolation
from sqlalchemy.exc import IntegrityError

from service.domain.errors import Code, DomainError


@contextmanager
def refusing_taken(message: str) -> Iterator[None]:
    """Raises DomainError(already_exists) with this message for a name that is taken; the transaction is lost then."""
    try:
        yield
    except IntegrityError as error:
        if isinstance(error.orig, UniqueViolation):
            # Which name it is, PostgreSQL says too, and that is nobody's business in a log.
            constraint = error.orig.diag.constraint_name or ""
            raise DomainError(Code.ALREADY_EXISTS, message, internal=constraint) from error
        raise
