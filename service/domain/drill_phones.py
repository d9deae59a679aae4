"""What is wrong with one phone of a drill, in words, and what is to be done? For a sergeant before a shift.

Pure. A phone says nothing of why it stays silent, so the words name what most often is the reason, the likeliest first;
what is known for certain is said as such.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from service.domain.drill import Finding, Moment, PhoneFacts, UnitFacts, span
from service.domain.unit import Platform, PushKind

IN_TOUCH_S = 120.0
"""That a phone has knocked is noted once a minute; twice that is no silence."""
_ENROL_ANEW = "Install the app, enrol the phone with a new code, and revoke the old entry."
_WAKE = {
    Platform.WEB: "Bring the Beatline page to the front: a browser puts what lies behind to sleep.",
    Platform.IOS: "Open the app: was it swiped away, are its notifications off, or is a focus on?",
    Platform.ANDROID: "Open the app: was it killed, is its battery use restricted, or is do-not-disturb on?",
}


def about_phone(phone: PhoneFacts, unit: UnitFacts, at: Moment) -> Iterator[Finding]:
    """Why it stays silent, if it does, and whatever else is odd about it."""
    if phone.received_s is not None and phone.displayed_s is None and at.is_over:
        yield _not_displayed(phone)
    elif not phone.has_rung:
        yield from _why_silent(phone, unit, at)
    yield from _oddities(phone, at)


def version_of(text: str) -> tuple[int, ...]:
    """To compare by: "1.10.2 (334)" is later than "1.9"."""
    return tuple(int(number) for number in re.findall(r"\d{1,9}", text))


# -- a phone that is silent ---------------------------------------------------------------------------------------


def _why_silent(phone: PhoneFacts, unit: UnitFacts, at: Moment) -> Iterator[Finding]:
    finding = _certain(phone, at) or (_silent(phone, at) if at.is_over else None)
    if finding is None:
        return
    yield finding
    others = [other for other in unit.in_service if other is not phone and other.has_rung]
    if others:
        what = f"{others[0].model} of the same unit rang: an alert reaches {unit.call_sign} there."
        yield Finding.warning("another_rang", what, "Mend this one all the same: the other may be off next time.")


def _certain(phone: PhoneFacts, at: Moment) -> Finding | None:
    """What is known and not guessed; None when the phone has only not been heard of."""
    if phone.push_lost_at is not None:
        return Finding.fault("push_lost", _lost(phone, phone.push_lost_at, at), _ENROL_ANEW)
    if phone.path is None or phone.path.handed_over_s is not None:
        return None
    if phone.path.failure is not None:
        return _refused(phone.path.failure)
    if at.is_over:
        what = f"Nothing was sent in {at.waited_s:.0f} s: no worker and no clock has taken it."
        return Finding.fault("not_sent", what, "Start `beatline work`; look at its log.")
    return None


def _refused(failure: str) -> Finding:
    """A phone that is gone has lost its target by now: so this is about the push service, or about us."""
    if "credentials" in failure:
        advice = "Look at BEATLINE_FCM_CREDENTIALS_FILE: the key was revoked, or is another project's."
        return Finding.fault("credentials_refused", f"Nothing was sent: {failure}.", advice)
    what = f"The push service has not taken it: {failure}. That is no fault of this phone."
    return Finding.fault("push_down", what, "Open pages still ring by their stream. Use the radio until it is back.")


def _silent(phone: PhoneFacts, at: Moment) -> Finding:
    if phone.push_kind is PushKind.NONE:
        what = f"It has no push target, and no open page of it showed the drill; it {_was_in_touch(phone, at)}."
        return Finding.fault("stream_only", what, "Open Beatline there and keep it in front: only then it rings.")
    what = f"Handed to the push service, and not heard of for {at.waited_s:.0f} s; it {_was_in_touch(phone, at)}."
    if _is_in_touch(phone, at):
        return Finding.fault("silent", what, f"It has a network. {_WAKE[phone.platform]}")
    advice = "Is it switched on, and has it a network? Open the app there; if it stays silent, enrol it anew."
    return Finding.fault("out_of_touch", what, advice)


def _not_displayed(phone: PhoneFacts) -> Finding:
    what = f"It arrived after {phone.received_s:.1f} s, and was not shown."
    advice = "Is its screen off, do-not-disturb on, or are the app's notifications off?"
    return Finding.warning("not_displayed", what, advice)


def _is_in_touch(phone: PhoneFacts, at: Moment) -> bool:
    return phone.last_seen_at is not None and at.age_s(phone.last_seen_at) <= IN_TOUCH_S


def _was_in_touch(phone: PhoneFacts, at: Moment) -> str:
    if phone.last_seen_at is None:
        return f"has not been in touch since it was enrolled on {at.day(phone.enrolled_at)}"
    return f"was last in touch {span(at.age_s(phone.last_seen_at))} ago"


def _lost(phone: PhoneFacts, lost_at: datetime, at: Moment) -> str:
    who = "The browser's push service" if phone.push_kind is PushKind.WEB_PUSH else "Google"
    assert phone.push_lost_at is not None  # noqa: S101  both callers have looked
    return f"{who} says since {at.day(lost_at)} that the app was uninstalled or its data cleared."


# -- what is odd about a phone, whether or not it rang -----------------------------------------------------------------


def _oddities(phone: PhoneFacts, at: Moment) -> Iterator[Finding]:
    if phone.push_lost_at is not None and phone.has_rung:
        yield Finding.warning(
            "push_lost", f"{_lost(phone, phone.push_lost_at, at)} It rings only while it is open.", _ENROL_ANEW
        )
    if phone.push_kind is PushKind.NONE and phone.has_rung:
        what = "It has no push target: it rings only while its page is open."
        yield Finding.warning("no_push", what, "Keep the page open and in front, or use the app.")
    off_s = phone.clock_off.total_seconds()
    if off_s:
        what = f"Its clock is {span(abs(off_s))} {'slow' if off_s > 0 else 'fast'}."
        yield Finding.warning("clock_off", what, "Let the phone set its time by itself.")
    if version_of(phone.app_version) < version_of(phone.newest_version):
        what = f"Its app is version {phone.app_version}; others have {phone.newest_version}."
        yield Finding.warning("old_app", what, "Update the app.")
