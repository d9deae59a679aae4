"""The text that a hash covers, and how one hash leads to the next."""

import json
from dataclasses import fields, replace
from datetime import timedelta, timezone
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from builders import AGENCY_ID, NOW, seconds
from chained import a_chain, a_line, head_of
from hypothesis import given
from hypothesis import strategies as st

from service.domain.chain import NOTHING, Head, Line, canonical, exported, follows, seal

SAID = (
    '{"agency_id":"00000000-0000-0000-0000-00000000000a","number":7,"entry_id":"00000000-0000-0000-0000-00000000000b"'
    ',"at":"2026-11-20T11:12:09.310000Z","sealed_at":"2026-11-20T11:12:10.310000Z","actor":"clock","origin":null'
    ',"action":"incident_öpened","incident_id":null,"details":{"b": 1.50, "a": "é"}}'
)


def a_text(line: Line) -> bytes:
    return canonical(line, number=7, sealed_at=NOW + seconds(1))


def test_the_text_is_written_exactly_so() -> None:
    line = Line(
        agency_id=UUID(int=10),
        entry_id=UUID(int=11),
        at=NOW,
        actor="clock",
        origin=None,
        action="incident_öpened",
        incident_id=None,
        details='{"b": 1.50, "a": "é"}',
    )
    assert SAID.encode() == a_text(line)


def test_the_text_is_one_line_of_json_whatever_is_said() -> None:
    line = a_line(actor='user:"\\\n\t\x00 ', details='{"text": "a\\nb"}')
    assert b"\n" not in a_text(line)
    assert 'user:"\\\n\t\x00 ' == json.loads(a_text(line))["actor"]


def test_the_same_instant_is_the_same_text_whatever_the_time_zone() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-8)))
    assert a_text(a_line(at=NOW)) == a_text(a_line(at=elsewhere))


@pytest.mark.parametrize(
    "change",
    [
        {"agency_id": UUID(int=1)},
        {"entry_id": AGENCY_ID},
        {"at": NOW + timedelta(microseconds=1)},
        {"actor": "user:somebody else"},
        {"origin": None},
        {"action": "note_removed"},
        {"incident_id": None},
        {"details": '{"text": "note 1 "}'},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_is_changed_the_hash_does_not_fit_any_more(change: dict[str, Any]) -> None:
    [sealed] = a_chain(1)
    assert follows(NOTHING, sealed)
    assert not follows(NOTHING, replace(sealed, line=replace(sealed.line, **change)))


def test_no_field_of_an_entry_is_left_out_of_its_text() -> None:
    [sealed] = a_chain(1)
    assert {field.name for field in fields(Line)} | {"number", "sealed_at"} == set(json.loads(a_text(sealed.line)))


def test_another_number_or_time_of_sealing_does_not_fit_either() -> None:
    [sealed] = a_chain(1)
    assert not follows(NOTHING, replace(sealed, number=2))
    assert not follows(NOTHING, replace(sealed, sealed_at=sealed.sealed_at + timedelta(microseconds=1)))


def test_numbers_go_on_from_the_head_and_each_hash_leads_to_the_next() -> None:
    chain = a_chain(3)
    assert [1, 2, 3] == [sealed.number for sealed in chain]
    assert follows(chain[0].hash, chain[1])
    assert a_chain(5) == chain + a_chain(2, start=head_of(chain))


def test_sealing_nothing_seals_nothing() -> None:
    assert [] == seal(Head(agency_id=AGENCY_ID), [], now=NOW)


def test_what_is_exported_is_what_was_hashed_and_the_hash() -> None:
    first, second = a_chain(2)
    text, _, said_hash = exported(second).decode().rpartition(',"hash":"')
    assert f'{second.hash.hex()}"}}' == said_hash
    assert second.hash == sha256(first.hash + f"{text}}}".encode()).digest()


def test_a_head_is_written_down_and_read_back() -> None:
    for head in (head_of(a_chain(3)), Head(agency_id=AGENCY_ID)):
        assert head == Head.from_dict(json.loads(json.dumps(head.as_dict())))


_TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
_JSON = st.recursive(st.none() | st.booleans() | st.integers() | _TEXTS, lambda inner: st.dictionaries(_TEXTS, inner))


@given(actor=_TEXTS, origin=st.none() | _TEXTS, action=_TEXTS, details=_JSON)
def test_the_text_says_what_the_entry_says(actor: str, origin: str | None, action: str, details: object) -> None:
    line = a_line(actor=actor, origin=origin, action=action, details=json.dumps(details, ensure_ascii=False))
    said = json.loads(a_text(line))
    assert (actor, origin, action, details) == (said["actor"], said["origin"], said["action"], said["details"])


@given(st.lists(st.tuples(_TEXTS, st.none() | _TEXTS, _TEXTS), min_size=2, max_size=2, unique=True))
def test_two_different_entries_never_have_the_same_text(two: list[tuple[str, str | None, str]]) -> None:
    one, other = (a_line(actor=actor, origin=origin, action=action) for actor, origin, action in two)
    assert a_text(one) != a_text(other)
