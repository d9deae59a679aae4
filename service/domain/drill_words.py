"""What is wrong with a unit or with the installation, in words, and what is to be done? For a sergeant before a shift.

Pure. Each finding has a code for programs. Of a single phone: `drill_phones`.
"""

from collections.abc import Iterator, Sequence

from service.domain.drill import (
    CLOCK_SEALS_WITHIN_S,
    CLOCK_TAKES_OVER_S,
    Finding,
    LeftAlone,
    Moment,
    PhoneFacts,
    PhoneReport,
    Report,
    UnitFacts,
    UnitReport,
    span,
)
from service.domain.drill_phones import about_phone
from service.domain.unit import Status

_LEFT_ALONE = {
    LeftAlone.OFF_DUTY: (
        "{unit} is off duty, and nobody off duty is ever rung.",
        "Set it to available on its phone, then drill again.",
    ),
    LeftAlone.BUSY: (
        "{unit} is on an incident, so its phones were left alone.",
        "Drill again when it is clear.",
    ),
    LeftAlone.CALLS_FOR_HELP: (
        "The officer of {unit} has called for help: nothing rings there.",
        "See to the emergency; drill again when it is over.",
    ),
    LeftAlone.RINGS: (
        "{unit} was just asked to go to an incident: its phones are left to that.",
        "Let it answer; drill again when it is clear.",
    ),
    LeftAlone.DRILLED_ALREADY: (
        "Another drill rings {unit} at this moment.",
        "Wait until that one is over.",
    ),
}


def reported(units: Sequence[UnitFacts], *, at: Moment, is_sealed: bool) -> Report:
    """The report as it is now. `is_sealed`: a clock has put the drill's first entry into the chain of the journal."""
    paths = [phone.path for unit in units for phone in unit.phones if phone.path]
    settled = all(unit.is_settled for unit in units)
    # Of what was sent once: a page that is tried again was claimed again.
    claimed_s = [path.claimed_s for path in paths if path.claimed_s is not None and path.attempt == 1]
    is_unsent = bool(paths) and not any(path.attempt for path in paths)
    return Report(
        is_settled=settled and (is_sealed or at.waited_s >= CLOCK_SEALS_WITHIN_S),
        units=[_unit(unit, at) for unit in units],
        findings=[
            *_about_senders(claimed_s, is_unsent=is_unsent, at=at),
            *([] if is_sealed else _about_the_clock(at)),
        ],
    )


def _unit(unit: UnitFacts, at: Moment) -> UnitReport:
    phones = [_phone(phone, unit, at) for phone in unit.in_service if unit.left_alone is None]
    return UnitReport(
        unit_id=str(unit.unit_id),
        call_sign=unit.call_sign,
        is_ready=bool(phones) and all(phone.has_rung for phone in phones),
        answer=unit.answer,
        phones=phones,
        findings=list(_about_unit(unit, at)),
    )


def _phone(phone: PhoneFacts, unit: UnitFacts, at: Moment) -> PhoneReport:
    return PhoneReport(
        device_id=str(phone.device_id),
        model=phone.model,
        platform=phone.platform.value,
        app_version=phone.app_version,
        is_queued=phone.path is not None,
        handed_to_push_s=phone.path.handed_over_s if phone.path else None,
        received_s=phone.received_s,
        displayed_s=phone.displayed_s,
        findings=list(about_phone(phone, unit, at)),
    )


# -- a unit -------------------------------------------------------------------------------------------------------


def _about_unit(unit: UnitFacts, at: Moment) -> Iterator[Finding]:
    if unit.left_alone is not None:
        what, advice = _LEFT_ALONE[unit.left_alone]
        yield Finding.fault(unit.left_alone.value, what.format(unit=unit.call_sign), advice)
        return
    if not unit.in_service:
        yield _without_phones(unit, at)
    if unit.status is Status.UNAVAILABLE:
        yield Finding.warning(
            "unavailable", "It says that it is unavailable: no alert asks it.", "Set it to available."
        )
    yield from _about_position(unit, at)
    if unit.answer == "declined":
        yield Finding.warning("declined", "Its officer pressed “Cannot”.", "Ask why by radio.")


def _without_phones(unit: UnitFacts, at: Moment) -> Finding:
    advice = f"Issue a code (`beatline admin code issue {unit.call_sign}`) and type it into the phone."
    revoked = [phone for phone in unit.phones if phone.revoked_at]
    if not revoked:
        return Finding.fault("no_phone", "No phone is enrolled: nothing can ring.", advice)
    last = max(revoked, key=lambda phone: phone.enrolled_at)
    when = at.day(last.revoked_at or last.enrolled_at)
    return Finding.fault("revoked", f"Its last phone, {last.model}, was revoked on {when}: nothing can ring.", advice)


def _about_position(unit: UnitFacts, at: Moment) -> Iterator[Finding]:
    advice = "Let the app use the place always, and look whether the phone or the AVL feed reports."
    if unit.fix is None:
        yield Finding.warning("no_fix", "It has never said where it is: no alert asks it.", advice)
        return
    age_s = at.age_s(unit.fix.at)
    if age_s > unit.policy.usable_fix_age_s:
        what = f"Its last position is {span(age_s)} old: an alert asks it only when nobody else is left."
        yield Finding.warning("old_fix", what, advice)
    elif age_s > unit.policy.good_fix_age_s:
        yield Finding.warning("aging_fix", f"Its last position is {span(age_s)} old: an alert marks it as old.", advice)
    accuracy_m = unit.fix.accuracy_m
    if accuracy_m is not None and accuracy_m > unit.policy.accurate_within_m:
        what = f"Its position is accurate to {accuracy_m:,.0f} m only: in an alert it counts as farther away."
        yield Finding.warning("vague_fix", what, "Let the app use the precise place; look at the sky above the phone.")


# -- the installation -----------------------------------------------------------------------------------------------


def _about_senders(claimed_s: Sequence[float], *, is_unsent: bool, at: Moment) -> Iterator[Finding]:
    if claimed_s and min(claimed_s) >= CLOCK_TAKES_OVER_S:
        what = f"No worker took it; the clock sent it after {min(claimed_s):.1f} s."
        yield Finding.warning("no_worker", what, "Start `beatline work`, and see whether Redis is there.")
    elif is_unsent and at.is_over:
        what = "Nobody sends pages: no worker and no clock has taken any."
        yield Finding.warning("nobody_sends", what, "Start `beatline work`; every API host brings a clock as well.")


def _about_the_clock(at: Moment) -> Iterator[Finding]:
    if at.waited_s >= CLOCK_SEALS_WITHIN_S:
        what = "No clock is running: nobody would ask the next unit when the first does not answer."
        yield Finding.warning("no_clock", what, "Start `beatline work` or `beatline serve`: each brings a clock.")
