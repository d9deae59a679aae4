"""Somebody was at the journal: which entry is it? And nobody was: then nothing is said."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import AGENCY_ID, NOW, id_of, seconds
from chained import a_chain, a_line, altered, head_of, named, verified
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.chain import NOTHING, Head, Sealed, link, seal
from service.domain.verification import SUSPECTS_AT_ONCE, Kind, Verification

_START = Head(agency_id=AGENCY_ID)
_PLACES = st.integers(min_value=0, max_value=9)


def test_nothing_is_wrong_with_what_nobody_touched() -> None:
    chain = a_chain(100)
    assert [] == verified(chain, heads=[head_of(chain[:50]), head_of(chain)])


def test_nothing_is_wrong_with_an_empty_journal() -> None:
    assert [] == verified([])


# -- altered ------------------------------------------------------------------------------------------------------


@given(place=_PLACES)
def test_an_altered_entry_is_named_and_no_other(place: int) -> None:
    chain = a_chain(10)
    chain[place] = altered(chain[place], actor="user:nobody")
    [finding] = verified(chain)
    assert (Kind.ALTERED, place + 1) == (finding.kind, finding.number)
    assert chain[place].line.entry_id == finding.entry_id
    assert f"number {place + 1} (entry {finding.entry_id}) is not as it was sealed" == finding.words


@settings(deadline=None)
@given(places=st.sets(_PLACES))
def test_every_altered_entry_is_named(places: set[int]) -> None:
    chain = a_chain(10)
    for place in places:
        chain[place] = altered(chain[place], details="{}")
    assert [(Kind.ALTERED, place + 1) for place in sorted(places)] == named(verified(chain))


def test_more_altered_entries_than_are_compared_are_each_named_all_the_same() -> None:
    length = 3 * SUSPECTS_AT_ONCE + 5
    chain = [altered(sealed, details="{}") for sealed in a_chain(length)]
    assert [(Kind.ALTERED, number) for number in range(1, length + 1)] == named(verified(chain))


@given(place=_PLACES)
def test_of_a_false_hash_the_entry_that_bears_it_is_named_and_not_the_one_after(place: int) -> None:
    chain = a_chain(10)
    chain[place] = replace(chain[place], hash=NOTHING)
    assert [(Kind.ALTERED, place + 1)] == named(verified(chain))


def test_a_time_of_sealing_that_was_changed_is_found() -> None:
    chain = a_chain(3)
    chain[1] = replace(chain[1], sealed_at=chain[1].sealed_at + seconds(0.5))
    assert [(Kind.ALTERED, 2)] == named(verified(chain))


# -- swapped ------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(places=st.sets(_PLACES, min_size=2, max_size=2))
def test_of_two_entries_that_changed_numbers_both_are_named_and_no_other(places: set[int]) -> None:
    chain = a_chain(10)
    one, other = sorted(places)
    chain[one], chain[other] = (
        replace(chain[other], number=one + 1),
        replace(chain[one], number=other + 1),
    )
    assert [(Kind.MOVED, one + 1), (Kind.MOVED, other + 1)] == named(verified(chain))


@settings(deadline=None)
@given(places=st.sets(_PLACES, min_size=2, max_size=2))
def test_of_two_entries_that_changed_what_they_say_both_are_named_and_no_other(places: set[int]) -> None:
    chain = a_chain(10)
    one, other = sorted(places)
    chain[one], chain[other] = (
        replace(chain[one], line=chain[other].line),
        replace(chain[other], line=chain[one].line),
    )
    findings = verified(chain)
    assert [(Kind.MOVED, one + 1), (Kind.MOVED, other + 1)] == named(findings)
    assert f"was sealed as number {other + 1}" in findings[0].words


def test_entries_sealed_at_different_times_are_found_swapped_as_well() -> None:
    first = a_chain(3)
    later = seal(head_of(first), [a_line("4"), a_line("5")], now=NOW + seconds(2))
    chain = [*first, *later]
    chain[0], chain[4] = replace(chain[0], line=chain[4].line), replace(chain[4], line=chain[0].line)
    assert [(Kind.MOVED, 1), (Kind.MOVED, 5)] == named(verified(chain))


# -- missing and added --------------------------------------------------------------------------------------------


@given(first=st.integers(min_value=1, max_value=9), count=st.integers(min_value=1, max_value=5))
def test_missing_entries_are_named_with_their_neighbours(first: int, count: int) -> None:
    chain = a_chain(20)
    last = first + count - 1
    [finding] = verified([sealed for sealed in chain if not first <= sealed.number <= last])
    assert (Kind.MISSING, first) == (finding.kind, finding.number)
    assert ("number" if count == 1 else f"numbers {first} to {last} are") in finding.words
    assert str(chain[last].line.entry_id) in finding.words


def test_an_entry_that_was_put_between_two_others_is_named() -> None:
    chain = a_chain(4)
    added = a_line("added")
    forged_hash = link(chain[1].hash, added, number=3, sealed_at=chain[1].sealed_at)
    forged = Sealed(line=added, number=3, sealed_at=chain[1].sealed_at, hash=forged_hash)
    pushed_on = [replace(sealed, number=sealed.number + 1) for sealed in chain[2:]]
    findings = verified([*chain[:2], forged, *pushed_on])
    assert {4, 5} == {finding.number for finding in findings}


def test_of_a_number_that_is_given_twice_the_one_that_does_not_fit_is_named() -> None:
    chain = a_chain(3)
    added = replace(chain[1], line=a_line("added"))
    assert [(Kind.ADDED, 2)] == named(verified([*chain[:2], added, *chain[2:]]))
    assert {(Kind.ALTERED, 2), (Kind.ADDED, 2)} == set(named(verified([chain[0], added, *chain[1:]])))


def test_an_entry_that_hides_before_the_first_is_named() -> None:
    chain = a_chain(3)
    hidden = [replace(chain[0], line=a_line("hidden"), number=number) for number in (-7, 0)]
    assert [(Kind.ADDED, -7), (Kind.ADDED, 0)] == named(verified([*hidden, *chain]))


# -- the end ------------------------------------------------------------------------------------------------------


def test_an_end_that_was_cut_off_is_found_by_a_kept_head_alone() -> None:
    chain = a_chain(10)
    assert [] == verified(chain[:7])
    assert [(Kind.CUT, 10)] == named(verified(chain[:7], heads=[head_of(chain)]))
    assert [(Kind.CUT, 10)] == named(verified([], heads=[head_of(chain)]))


def test_a_chain_that_was_rewritten_throughout_is_found_by_a_kept_head_alone() -> None:
    kept = head_of(a_chain(10))
    lines = [sealed.line for sealed in a_chain(12)]
    lines[3] = replace(lines[3], actor="user:nobody")
    rewritten = seal(_START, lines, now=NOW)
    assert [] == verified(rewritten)
    assert [(Kind.REWRITTEN, 10)] == named(verified(rewritten, heads=[kept]))


# -- not sealed, and sealed late ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("age_s", "kinds"), [(59, []), (61, [Kind.UNSEALED])])
def test_an_entry_may_wait_for_its_seal_for_a_minute(age_s: int, kinds: list[Kind]) -> None:
    waiting = a_line("waiting", at=NOW - seconds(age_s))
    findings = verified(a_chain(2), unsealed=[waiting])
    assert kinds == [finding.kind for finding in findings]
    assert all(finding.entry_id == waiting.entry_id for finding in findings)


def test_many_that_wait_are_told_once_with_the_oldest() -> None:
    waiting = [a_line(str(age_s), at=NOW - seconds(age_s)) for age_s in (300, 200, 100, 1)]
    [finding] = verified([], unsealed=waiting)
    assert (waiting[0].entry_id, True) == (finding.entry_id, finding.words.startswith("3 entries are not sealed"))


def test_entries_that_came_late_are_a_warning_told_once_for_neighbours() -> None:
    lines = [
        a_line("1"),
        a_line("2", at=NOW - timedelta(hours=3)),
        a_line("3", at=NOW - timedelta(hours=2)),
        a_line("4"),
    ]
    [finding] = verified(seal(_START, lines, now=NOW))
    assert (Kind.LATE, 2, False) == (finding.kind, finding.number, finding.is_fault)
    assert finding.words.startswith("numbers 2 to 3 are sealed up to 3:00:00 after")


# -- times that cannot be ------------------------------------------------------------------------------------------


def test_an_entry_that_was_sealed_before_the_one_before_it_is_named_and_no_other() -> None:
    first = a_chain(3)
    long_ago = NOW - timedelta(days=50)
    backdated = seal(head_of(first), [a_line("4", at=long_ago)], now=long_ago + seconds(1))
    after = seal(head_of(backdated), [a_line("5")], now=NOW + seconds(2))
    assert [(Kind.MISDATED, 4)] == named(verified([*first, *backdated, *after]))


@pytest.mark.parametrize(("ahead_s", "kinds"), [(59, []), (61, [Kind.MISDATED])])
def test_clocks_may_part_by_a_minute_and_no_more(ahead_s: int, kinds: list[Kind]) -> None:
    soon = NOW + seconds(ahead_s)
    told_ahead = seal(_START, [a_line("1", at=soon)], now=NOW)
    sealed_ahead = seal(_START, [a_line("1")], now=soon)
    sealed_back = seal(head_of(sealed_ahead), [a_line("2")], now=NOW)
    assert kinds == [finding.kind for finding in verified(told_ahead)]
    assert kinds == [finding.kind for finding in verified(sealed_ahead) if finding.kind is not Kind.LATE]
    assert kinds == [finding.kind for finding in verified([*sealed_ahead, *sealed_back], now=soon) if finding.is_fault]
    assert kinds == [finding.kind for finding in verified([], unsealed=[a_line("1", at=soon)])]


def test_everything_but_lateness_is_a_fault() -> None:
    chain = a_chain(3)
    assert all(finding.is_fault for finding in verified(chain[1:], heads=[replace(head_of(chain), number=9)]))


def test_it_counts_what_it_has_seen() -> None:
    verification = Verification()
    for sealed in a_chain(7):
        assert [] == list(verification.add(sealed, now=NOW))
    assert (7, 7) == (verification.entries, verification.last.number if verification.last else None)


@settings(deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.sampled_from(["alter", "drop", "swap", "hash"]), _PLACES, _PLACES), min_size=1, max_size=3
    )
)
def test_whatever_is_done_to_a_chain_something_is_found(changes: list[tuple[str, int, int]]) -> None:
    chain = a_chain(11)
    kept = head_of(chain)
    touched = list(chain)
    for act, one, other in changes:
        match act:
            case "alter":
                touched[one] = altered(touched[one], entry_id=id_of(f"{one} {other}"))
            case "hash":
                touched[one] = replace(touched[one], hash=touched[other].hash)
            case "swap":
                touched[one], touched[other] = (
                    replace(touched[other], number=touched[one].number),
                    replace(touched[one], number=touched[other].number),
                )
    gone = {one for act, one, _ in changes if act == "drop"}
    touched = [sealed for place, sealed in enumerate(touched) if place not in gone]
    assert (touched != chain) == bool(verified(touched, heads=[kept]))
