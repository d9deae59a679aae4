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
            raise DomainError(Code.ALREADY_EXISTS, message, internal=str(error.orig)) from error
        raise
