"""A new password must not be among the first that a stranger would try; beyond that, people may choose."""

import pytest

from service.auth.guessable import is_guessable
from service.auth.passwords import new_password

EMAIL = "ann.lee@bayview.example"


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaaa",
        "passwordpassword",
        "123412341234123412341234",
        "012345678901234",
        "987654321098765",
        "qwertyuiopasdfghjkl",
        "Administrator2026!!",
        "Police Dispatch 911",
        "WELCOME-welcome-01",
        "beatline-password-1",
        "ann.lee@bayview.example",
        "Ann.Lee.Ann.Lee.1985",
        "annleeannlee-0042",
    ],
)
def test_what_would_be_tried_first_is_guessable(password: str) -> None:
    assert is_guessable(password, email=EMAIL)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "ann.lee likes her bicycle",
        "847261094857362",
        "the police came too late",
        "mnbvcxzlkjhgfdsq-9",
        "пароль из пяти слов",
    ],
)
def test_what_takes_more_than_that_is_not(password: str) -> None:
    assert not is_guessable(password, email=EMAIL)


def test_somebody_else_s_name_is_as_good_as_any_other_word() -> None:
    assert is_guessable("ann.lee ann.lee 1985", email=EMAIL)
    assert not is_guessable("ann.lee ann.lee 1985", email="bob@bayview.example")


def test_a_password_of_ours_is_long_and_never_the_same() -> None:
    first, second = new_password(), new_password()
    assert 24 == len(first) == len(second)
    assert first != second
    assert not is_guessable(first, email=EMAIL)
