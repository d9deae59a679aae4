"""How are tokens, codes and secrets made, and what of them is stored?"""

import base64

from service.auth.tokens import (
    CODE_ALPHABET,
    code_hash,
    new_api_token,
    new_device_token,
    new_enrolment_code,
    new_session_token,
    new_source_secret,
    token_hash,
)


def test_a_token_says_what_it_is_for_and_never_comes_twice() -> None:
    assert new_device_token().startswith("bld_")
    assert new_session_token().startswith("bls_")
    assert new_api_token().startswith("bla_")
    assert new_device_token() != new_device_token()


def test_only_the_same_token_has_the_stored_hash() -> None:
    token = new_device_token()
    assert token_hash(token) == token_hash(token)
    assert token_hash(token) != token_hash(token[:-1])
    assert len(token_hash(token)) == 32


def test_a_source_secret_is_base64_of_as_many_bytes_as_standard_webhooks_wants() -> None:
    secret = new_source_secret()
    assert secret.startswith("whsec_")
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64


def test_a_code_can_be_read_aloud() -> None:
    first, second = new_enrolment_code().split("-")
    assert (len(first), len(second)) == (4, 4)
    assert set(first + second) <= set(CODE_ALPHABET)
    assert not set(CODE_ALPHABET) & set("0O1I")


def test_a_code_is_known_however_it_is_typed() -> None:
    assert code_hash("K7QM-2XWD") == code_hash("k7qm2xwd") == code_hash(" K7QM 2XWD ")
    assert code_hash("K7QM-2XWD") != code_hash("K7QM-2XWE")
