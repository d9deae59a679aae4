"""What did somebody show us to be let in, and is it still good? Not for what it lets them do: `api/access`.

A session, an API token and a phone's token end in many ways (signed out, revoked, its owner disabled, another
password set), and each of them takes away the directory's way to it. So one question answers for all of them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from service.store import directory
from service.store.database import Database
from service.store.directory import Door


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Known by its hash alone, its `key`. `name` is what the journal calls it, of no use to be let in by.

    `expires_at` is None for what does not end by itself.
    """

    door: Door
    key: str
    name: str
    expires_at: datetime | None = None


def still_valid(database: Database, credentials: Collection[Credential], *, now: datetime) -> set[Credential]:
    """Those that would still be let in, by one query for all of them, of whatever agencies; raises unavailable.

    For whoever let somebody in a while ago and serves them ever since. A role may have changed meanwhile.
    """
    living = {credential for credential in credentials if credential.expires_at is None or now < credential.expires_at}
    known = directory.known(database, {(credential.door, credential.key) for credential in living})
    return {credential for credential in living if (credential.door, credential.key) in known}
