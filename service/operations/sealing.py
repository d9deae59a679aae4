"""How does the clock seal journals? Each second, agency by agency: whatever was written gets its place in the chain.

Any number of clocks may run: whoever has an agency's lock seals it, the others pass it over. What a chain is, and what
can be found out by it: `domain/chain`, `domain/verification`.
"""

from uuid import UUID

import structlog

from service.domain.chain import seal
from service.operations.one_by_one import passed_over
from service.ports import Ports
from service.store import chain
from service.store.database import Database

log = structlog.get_logger()

SEAL_EVERY_S = 1.0
AGENCIES_AT_MOST = 1_000
PIECE = 1_000
"""Entries sealed by one transaction: some 50 ms."""
PIECES = 20
"""After an outage so much of one agency, and then the next agency's turn."""


def seal_due(database: Database, ports: Ports) -> int:
    """Seal what waits, in every agency; how many entries that were."""
    sealed = 0
    for agency_id in chain.unsealed_agencies(database, at_most=AGENCIES_AT_MOST):
        with passed_over("journal_not_sealed", agency_id=agency_id):
            sealed += seal_journal(database, ports, agency_id=agency_id)
    return sealed


def seal_journal(database: Database, ports: Ports, *, agency_id: UUID) -> int:
    """Seal what waits of one agency, as far as it is this clock's turn; a second call seals nothing twice."""
    sealed = 0
    for _ in range(PIECES):
        piece = _seal_piece(database, ports, agency_id)
        sealed += piece
        if piece < PIECE:
            break
    return sealed


def _seal_piece(database: Database, ports: Ports, agency_id: UUID) -> int:
    with database.transaction(agency_id) as tx:
        if not chain.try_lock(tx):
            return 0
        sealed = seal(chain.head(tx), chain.unsealed(tx, at_most=PIECE), now=ports.clock.now())
        chain.seal(tx, sealed)
        return len(sealed)
