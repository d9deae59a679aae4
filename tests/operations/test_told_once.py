"""What is told once to one person does not get into a log because somebody logged the thing that carries it."""

from uuid import UUID

from builders import NOW, id_of

from service.operations.enrolment_codes import IssuedCode
from service.operations.registry import Enrolment
from service.operations.sources import NewSource
from service.store.sources import Source

SECRET = "hunter2"
ID: UUID = id_of("somebody")


def test_a_source_s_secret_is_not_in_what_is_printed_of_it() -> None:
    assert SECRET not in repr(NewSource(source_id=ID, secret=SECRET))
    assert SECRET not in repr(
        Source(
            agency_id=ID,
            source_id=ID,
            name="Microphones",
            secrets=(SECRET,),
            created_at=NOW,
            rotated_at=None,
            disabled_at=None,
            last_positions_at=None,
        )
    )


def test_an_enrolment_code_is_not_in_what_is_printed_of_it() -> None:
    assert SECRET not in repr(IssuedCode(code_id=ID, code=SECRET, unit_id=ID, call_sign="3A12", expires_at=NOW))


def test_a_phone_s_token_is_not_in_what_is_printed_of_its_enrolment() -> None:
    assert SECRET not in repr(Enrolment(device_id=ID, device_token=SECRET, unit_id=ID, call_sign="3A12"))
