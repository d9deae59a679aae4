"""May an answer rest on rows that somebody else has written? Once the standby has them too.

A commit whose wait for a synchronous standby was cut short (by an administrator, by a restart of the server) can be
read, and is on one machine alone. Whoever wrote it was told `unavailable` and asks again; the second answer would rest
on reading it, and reading waits for nobody.
"""

from sqlalchemy import text

from service.store.database import Transaction

# Nobody reads it: it is written so that this transaction's commit waits for the standby as any other does, and the
# standby has all that was written before when it has this. Without a standby it costs one flush of the log.
_SOMETHING_WRITTEN = text("select pg_logical_emit_message(true, 'beatline', '')")


def rely_on_what_was_read(tx: Transaction) -> None:
    """The commit of `tx` succeeds only once what it has read is as safe as what it would write."""
    tx.session.execute(_SOMETHING_WRITTEN)
