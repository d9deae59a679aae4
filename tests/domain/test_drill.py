"""What a sergeant reads after a drill: for each way in which a phone can stay silent, what is wrong and what to do."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from builders import NOW, PLACE, a_fix, seconds

from service.domain.alert import PageState
from service.domain.drill import LeftAlone, Moment, Path, PhoneFacts, Report, UnitFacts
from service.domain.drill_phones import version_of
from service.domain.drill_words import reported
from service.domain.policy import Policy
from service.domain.unit import Platform, PushKind, Status

DAY = timedelta(days=1)
SENT = Path(state=PageState.SENT, attempt=1, claimed_s=0.1, handed_over_s=0.21, failure=None)


def a_phone(**changes: Any) -> PhoneFacts:
    """One that has displayed the drill."""
    phone = PhoneFacts(
        device_id=UUID(int=1),
        platform=Platform.ANDROID,
        model="Pixel 9",
        app_version="1.2",
        newest_version="1.2",
        push_kind=PushKind.FCM_TOKEN,
        enrolled_at=NOW - 30 * DAY,
        last_seen_at=NOW - seconds(20),
        push_lost_at=None,
        revoked_at=None,
        is_replaced=False,
        path=SENT,
        received_s=0.9,
        displayed_s=1.1,
        clock_off=timedelta(0),
    )
    return replace(phone, **changes)


def a_silent_phone(**changes: Any) -> PhoneFacts:
    return a_phone(**({"received_s": None, "displayed_s": None} | changes))


def a_unit(*phones: PhoneFacts, **changes: Any) -> UnitFacts:
    unit = UnitFacts(
        unit_id=UUID(int=2),
        call_sign="3A12",
        status=Status.AVAILABLE,
        left_alone=None,
        phones=phones,
        fix=a_fix(point=PLACE, at=NOW - seconds(5), accuracy_m=8.0),
        answer=None,
        policy=Policy(),
    )
    return replace(unit, **changes)


def after(*units: UnitFacts, waited_s: float = 30, is_sealed: bool = True) -> Report:
    """The report, so many of 30 seconds after the drill began."""
    at = Moment(
        now=NOW,
        started_at=NOW - seconds(waited_s),
        until=NOW + seconds(30 - waited_s),
        is_over=waited_s >= 30,
        timezone="America/Los_Angeles",
    )
    return reported(units, at=at, is_sealed=is_sealed)


def said_of(phone: PhoneFacts, **how: Any) -> str:
    """The first that is said of a unit's only phone."""
    [unit] = after(a_unit(phone), **how).units
    [reported_phone] = unit.phones
    finding = reported_phone.findings[0]
    return f"{finding.code}: {finding.what} {finding.advice}"


def test_nothing_is_said_of_a_phone_that_is_well() -> None:
    report = after(a_unit(a_phone()))
    assert report.is_ready
    assert [] == [*report.findings, *report.units[0].findings, *report.units[0].phones[0].findings]


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        (
            a_silent_phone(push_lost_at=NOW - DAY - seconds(9 * 3_600), path=None),
            "push_lost: Google says since 2026-11-18 that the app was uninstalled",
        ),
        (
            a_silent_phone(push_lost_at=NOW, push_kind=PushKind.WEB_PUSH, path=None),
            "push_lost: The browser's push service says",
        ),
        (
            a_silent_phone(),
            "silent: Handed to the push service, and not heard of for 30 s; it was last in touch 20 s ago",
        ),
        (a_silent_phone(), "was it killed, is its battery use restricted, or is do-not-disturb on?"),
        (a_silent_phone(platform=Platform.WEB), "Bring the Beatline page to the front"),
        (a_silent_phone(last_seen_at=NOW - seconds(840)), "out_of_touch: "),
        (a_silent_phone(last_seen_at=NOW - seconds(840)), "last in touch 14 min ago. Is it switched on"),
        (a_silent_phone(last_seen_at=None), "has not been in touch since it was enrolled on 2026-10-21"),
        (a_silent_phone(push_kind=PushKind.NONE, path=None), "stream_only: It has no push target"),
        (
            a_silent_phone(
                path=Path(state=PageState.PENDING, attempt=0, claimed_s=None, handed_over_s=None, failure=None)
            ),
            "not_sent: Nothing was sent in 30 s: no worker and no clock has taken it. Start `beatline work`",
        ),
        (
            a_silent_phone(path=replace(SENT, state=PageState.DEAD, handed_over_s=None, failure="FCM answered 503")),
            "push_down: The push service has not taken it: FCM answered 503. That is no fault of this phone.",
        ),
        (
            a_silent_phone(
                path=replace(SENT, state=PageState.FAILED, handed_over_s=None, failure="Google refused our credentials")
            ),
            "credentials_refused: Nothing was sent: Google refused our credentials. Look at BEATLINE_FCM_",
        ),
        (a_phone(displayed_s=None), "not_displayed: It arrived after 0.9 s, and was not shown."),
        (
            a_phone(push_kind=PushKind.NONE, path=None),
            "no_push: It has no push target: it rings only while its page is open",
        ),
        (a_phone(clock_off=seconds(-75)), "clock_off: Its clock is 75 s fast."),
        (a_phone(clock_off=seconds(600)), "clock_off: Its clock is 10 min slow."),
        (a_phone(app_version="1.2", newest_version="1.10"), "old_app: Its app is version 1.2; others have 1.10."),
        (a_phone(push_lost_at=NOW), "It rings only while it is open."),
    ],
)
def test_what_is_wrong_with_a_phone_is_said_in_words(phone: PhoneFacts, words: str) -> None:
    assert words in said_of(phone)


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        (a_unit(), "No phone is enrolled: nothing can ring."),
        (a_unit(a_phone(revoked_at=NOW - 3 * DAY)), "Its last phone, Pixel 9, was revoked on 2026-11-17"),
        (a_unit(a_phone(), left_alone=LeftAlone.OFF_DUTY), "3A12 is off duty"),
        (a_unit(a_phone(), left_alone=LeftAlone.BUSY), "3A12 is on an incident"),
        (a_unit(a_phone(), left_alone=LeftAlone.CALLS_FOR_HELP), "has called for help"),
        (a_unit(a_phone(), left_alone=LeftAlone.RINGS), "3A12 was just asked to go to an incident"),
        (a_unit(a_phone(), left_alone=LeftAlone.DRILLED_ALREADY), "Another drill rings 3A12"),
        (a_unit(a_phone(), status=Status.UNAVAILABLE), "It says that it is unavailable: no alert asks it."),
        (a_unit(a_phone(), answer="declined"), "Its officer pressed “Cannot”."),
        (a_unit(a_phone(), fix=None), "It has never said where it is: no alert asks it."),
        (a_unit(a_phone(), fix=a_fix(point=PLACE, at=NOW - seconds(94))), "Its last position is 94 s old"),
        (
            a_unit(a_phone(), fix=a_fix(point=PLACE, at=NOW - seconds(900))),
            "15 min old: an alert asks it only when nobody",
        ),
        (a_unit(a_phone(), fix=a_fix(point=PLACE, at=NOW, accuracy_m=1_400)), "accurate to 1,400 m only"),
    ],
)
def test_what_is_wrong_with_a_unit_is_said_in_words(unit: UnitFacts, words: str) -> None:
    [found] = after(unit).units
    assert words in found.findings[0].what


def test_a_unit_whose_only_phone_was_revoked_is_not_ready() -> None:
    assert not after(a_unit(a_phone(revoked_at=NOW))).is_ready


def test_an_old_position_does_not_make_phones_fail() -> None:
    assert after(a_unit(a_phone(), fix=None)).is_ready


def test_the_old_entry_of_a_phone_that_was_enrolled_anew_does_not_count() -> None:
    report = after(a_unit(a_phone(), a_silent_phone(is_replaced=True, push_lost_at=NOW, path=None)))
    assert report.is_ready
    assert 1 == len(report.units[0].phones)


def test_while_there_is_hope_nothing_is_said_of_a_silent_phone() -> None:
    [unit] = after(a_unit(a_silent_phone()), waited_s=8).units
    assert [] == list(unit.phones[0].findings)


# -- when it is over ---------------------------------------------------------------------------------------------------


def test_it_is_settled_as_soon_as_every_phone_has_displayed_it() -> None:
    assert after(a_unit(a_phone()), waited_s=2).is_settled


def test_it_is_not_settled_while_a_phone_has_only_received_it() -> None:
    assert not after(a_unit(a_phone(displayed_s=None)), waited_s=2).is_settled


def test_a_phone_whose_push_was_refused_for_good_is_not_waited_for() -> None:
    failed = replace(SENT, state=PageState.FAILED, handed_over_s=None, failure="no")
    assert after(a_unit(a_silent_phone(path=failed)), waited_s=2).is_settled


def test_a_phone_that_will_be_tried_again_is_waited_for() -> None:
    again = replace(SENT, state=PageState.PENDING, handed_over_s=None, failure="FCM answered 503")
    assert not after(a_unit(a_silent_phone(path=again)), waited_s=2).is_settled


def test_a_clock_gets_five_seconds_to_show_itself() -> None:
    waiting, in_vain = (after(a_unit(a_phone()), waited_s=waited_s, is_sealed=False) for waited_s in (2, 5))
    assert not waiting.is_settled
    assert in_vain.is_settled
    assert ["no_clock"] == [finding.code for finding in in_vain.findings]


# -- the installation --------------------------------------------------------------------------------------------------


def test_a_page_that_no_worker_took_in_time_was_sent_by_the_clock() -> None:
    report = after(a_unit(a_phone(path=replace(SENT, claimed_s=0.9))))
    assert ["No worker took it; the clock sent it after 0.9 s."] == [finding.what for finding in report.findings]


def test_a_page_that_was_tried_again_says_nothing_of_workers() -> None:
    assert [] == list(after(a_unit(a_phone(path=replace(SENT, claimed_s=4.2, attempt=2)))).findings)


def test_when_nobody_sends_the_installation_is_to_blame() -> None:
    waiting = Path(state=PageState.PENDING, attempt=0, claimed_s=None, handed_over_s=None, failure=None)
    report = after(a_unit(a_silent_phone(path=waiting)))
    assert ["nobody_sends"] == [finding.code for finding in report.findings]


def test_a_report_comes_back_from_the_store_as_it_was() -> None:
    report = after(a_unit(a_silent_phone()), a_unit(left_alone=LeftAlone.BUSY), is_sealed=False)
    assert report == Report.from_dict(report.as_dict())


@pytest.mark.parametrize(("older", "newer"), [("1.9", "1.10"), ("1.2 (33)", "1.2 (34)"), ("", "0.1"), ("2", "2.0.1")])
def test_versions_are_compared_number_by_number(older: str, newer: str) -> None:
    assert version_of(older) < version_of(newer)
