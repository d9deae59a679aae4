"""Is this the password that was set?"""

from service.auth.passwords import hash_password, password_fits


def test_only_the_password_that_was_set_fits() -> None:
    stored = hash_password("correct horse")
    assert password_fits("correct horse", stored)
    assert not password_fits("correct horses", stored)


def test_the_same_password_is_stored_differently_for_two_people() -> None:
    assert hash_password("correct horse") != hash_password("correct horse")


def test_no_password_fits_somebody_without_an_account() -> None:
    assert not password_fits("nobody", None)
