"""A gap in the journal is believed when receipts in it explain it exactly, and only then."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from builders import AGENCY_ID, NOW, id_of, seconds
from chained import a_chain, a_line, altered, head_of, named, verified
from hypothesis import given
from hypothesis import strategies as st

from service.domain.chain import Head, Line, Sealed, seal
from service.domain.purge_receipts import JOURNAL_PURGED, Lost, Purged, Receipts, purged_ranges, receipt_details
from service.domain.verification import Kind, Verification

BEFORE = NOW - timedelta(days=365)
LONG_AGO = NOW - timedelta(days=400)


def an_old_chain(length: int = 10) -> list[Sealed]:
    lines = [a_line(str(number), at=LONG_AGO) for number in range(1, length + 1)]
    return seal(Head(agency_id=AGENCY_ID), lines, now=LONG_AGO + seconds(1))


def a_receipt(gone: Iterable[Sealed], *, before: datetime = BEFORE, at: datetime = NOW) -> Line:
    ranges = purged_ranges([(sealed.number, sealed.hash) for sealed in gone], before=before)
    details = json.dumps(receipt_details(ranges, before=before))
    return a_line(
        "receipt", at=at, actor="clock", origin=None, action=JOURNAL_PURGED, incident_id=None, details=details
    )


def purge(chain: list[Sealed], numbers: Iterable[int]) -> list[Sealed]:
    """The chain without these, and with the receipt for them sealed at its end."""
    gone = [sealed for sealed in chain if sealed.number in set(numbers)]
    kept = [sealed for sealed in chain if sealed.number not in set(numbers)]
    return kept + seal(head_of(chain), [a_receipt(gone)], now=NOW)


@given(st.sets(st.integers(min_value=1, max_value=9)))
def test_a_purge_with_its_receipt_leaves_a_chain_that_verifies(numbers: set[int]) -> None:
    verification = Verification()
    findings = [finding for sealed in purge(an_old_chain(), numbers) for finding in verification.add(sealed, now=NOW)]
    assert [] == findings + list(verification.end())
    assert len(numbers) == verification.purged


def test_what_two_purges_took_piece_by_piece_is_explained_by_both() -> None:
    assert [] == verified(purge(purge(an_old_chain(), [2, 3, 6]), [4, 5]))


def test_a_receipt_that_is_not_sealed_yet_explains_as_well() -> None:
    chain = an_old_chain()
    assert [] == verified(chain[3:], unsealed=[a_receipt(chain[:3])])


def test_of_a_gap_that_is_explained_in_part_the_rest_is_missing() -> None:
    purged = purge(an_old_chain(), [3, 4, 7])
    assert [(Kind.MISSING, 5)] == named(verified([sealed for sealed in purged if sealed.number not in {5, 6}]))
    assert [(Kind.MISSING, 2)] == named(verified([sealed for sealed in purged if sealed.number != 2]))
    assert [(Kind.MISSING, 8)] == named(verified([sealed for sealed in purged if sealed.number != 8]))


def test_a_receipt_for_more_than_is_gone_explains_nothing() -> None:
    chain = an_old_chain()
    receipt = seal(head_of(chain), [a_receipt(chain[2:6])], now=NOW)
    assert [(Kind.MISSING, 3)] == named(verified([*chain[:2], *chain[4:], *receipt]))


def test_an_altered_receipt_is_found_like_any_other_entry() -> None:
    purged = purge(an_old_chain(), [3])
    purged[-1] = altered(purged[-1], details=purged[-1].line.details.replace('"last": 3', '"last": 4'))
    without = [sealed for sealed in purged if sealed.number != 4]
    assert (Kind.ALTERED, 11) in named(verified(without))


def test_an_altered_entry_behind_a_purge_is_found() -> None:
    purged = purge(an_old_chain(), [1, 2])
    purged[0] = altered(purged[0], actor="user:nobody")
    assert [(Kind.ALTERED, 3)] == named(verified(purged))


def test_a_receipt_cannot_take_what_was_sealed_later_than_it_says() -> None:
    chain = a_chain(10)
    receipt = seal(head_of(chain), [a_receipt(chain[4:6])], now=NOW + seconds(2))
    assert [(Kind.PURGED_EARLY, 5)] == named(verified([*chain[:4], *chain[6:], *receipt]))


def test_a_receipt_cannot_say_that_the_journal_was_kept_for_a_day() -> None:
    chain = an_old_chain()
    receipt = seal(head_of(chain), [a_receipt(chain[:5], before=NOW - timedelta(days=1))], now=NOW)
    assert [(Kind.MISSING, 1)] == named(verified([*chain[5:], *receipt]))


@pytest.mark.parametrize("sealed_at", [NOW, NOW + timedelta(days=31)], ids=["sealed now", "sealed then"])
def test_a_receipt_cannot_come_from_a_future_in_which_all_of_this_is_old(sealed_at: datetime) -> None:
    chain = a_chain(10)
    forged = a_receipt(chain[4:6], before=NOW + seconds(2), at=NOW + timedelta(days=31))
    receipt = seal(head_of(chain), [forged], now=sealed_at)
    assert {(Kind.MISDATED, 11), (Kind.MISSING, 5)} == set(named(verified([*chain[:4], *chain[6:], *receipt])))
    unsealed = verified([*chain[:4], *chain[6:]], unsealed=[forged])
    assert [(Kind.MISDATED, None), (Kind.MISSING, 5)] == named(unsealed)


def test_a_kept_head_that_was_purged_since_still_counts() -> None:
    chain = an_old_chain()
    purged = purge(chain, range(1, 8))
    head = head_of(chain[:7])
    assert [] == verified(purged, heads=[head, head_of(chain[:4])])
    assert [(Kind.REWRITTEN, 7)] == named(verified(purged, heads=[replace(head, hash=chain[0].hash)]))
    assert [(Kind.PURGED_EARLY, 1)] == named(verified(purged, heads=[replace(head, sealed_at=NOW - timedelta(days=9))]))


@pytest.mark.parametrize(
    "details",
    [
        "{}",
        "[]",
        "null",
        '{"before": "2025-11-20T00:00:00", "ranges": []}',
        pytest.param("[" * 100_000 + "]" * 100_000, id="deep"),
        '{"before": "yesterday", "ranges": []}',
        '{"before": "2025-11-20T00:00:00+00:00", "ranges": [{"first": "1", "last": 2, "hash": "00"}]}',
        '{"before": "2025-11-20T00:00:00+00:00", "ranges": [{"first": 1, "last": 2, "hash": "xy"}]}',
        '{"before": "2025-11-20T00:00:00+00:00", "ranges": [{"first": 2, "last": 1, "hash": "00"}]}',
    ],
)
def test_a_receipt_that_we_never_wrote_explains_nothing(details: str) -> None:
    receipts = Receipts()
    receipts.learn(a_line(action=JOURNAL_PURGED, details=details), by=NOW)
    assert [Lost(1, 2)] == list(receipts.explain(1, 2))


def test_another_entry_explains_nothing_whatever_it_says() -> None:
    chain = an_old_chain()
    receipts = Receipts()
    receipts.learn(replace(a_receipt(chain[:3]), action="note_added"), by=NOW)
    assert [Lost(1, 3)] == list(receipts.explain(1, 3))


@given(st.sets(st.integers(min_value=1, max_value=30)))
def test_neighbours_are_one_range_with_the_hash_of_the_last(numbers: set[int]) -> None:
    ranges = purged_ranges([(number, id_of(str(number)).bytes) for number in numbers], before=BEFORE)
    assert numbers == {number for each in ranges for number in range(each.first, each.last + 1)}
    assert all(id_of(str(each.last)).bytes == each.hash for each in ranges)
    assert all(each.last + 1 not in numbers and each.first - 1 not in numbers for each in ranges)


def test_nothing_purged_is_no_range() -> None:
    assert [] == purged_ranges([], before=BEFORE)


@given(st.sets(st.integers(min_value=1, max_value=30)), st.integers(1, 30), st.integers(1, 30))
def test_every_number_of_a_gap_is_in_exactly_one_piece(numbers: set[int], one: int, other: int) -> None:
    first, last = sorted((one, other))
    receipts = Receipts()
    receipts.learn(a_receipt(sealed for sealed in an_old_chain(30) if sealed.number in numbers), by=NOW)
    pieces = list(receipts.explain(first, last))
    assert list(range(first, last + 1)) == [number for piece in pieces for number in range(piece.first, piece.last + 1)]
    explained = {n for piece in pieces if isinstance(piece, Purged) for n in range(piece.first, piece.last + 1)}
    assert explained <= numbers
