"""Connections that die without a word, or are not to whom they should be: real TCP, real TLS."""

import time
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fake_clock import HostClock
from ringing import AT_ONCE_S, LEASE_S, a_pair, a_sender, failure, ring, ring_all

from service.adapters.fcm import Fcm
from service.dev.fcm_answers import Answer
from service.dev.fcm_standin import FcmStandin
from service.ports import NotSent, Sent

NOTICED_S = 5.0
"""After this TCP has found out by itself that the peer of an idle connection is gone."""


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Of a server at 127.0.0.1 that only we vouch for, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    now = HostClock().now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


def trust(session: requests.Session, certificate: tuple[Path, Path]) -> None:
    session.verify = str(certificate[0])
    session.trust_env = False  # what the environment says of certificates would count for more


def trust_all(fcm: Fcm, certificate: tuple[Path, Path]) -> None:
    trust(fcm._credentials._session, certificate)
    trust(fcm._service._client.session, certificate)


def test_connections_that_died_in_the_night_are_found_out_before_a_page_needs_them(tmp_path: Path) -> None:
    with a_pair(tmp_path, threads=8) as (fcm, google):
        fcm.warm()
        google.vanish()
        time.sleep(NOTICED_S)
        started_s = time.monotonic()

        assert all(isinstance(answer, Sent) for answer in ring_all(fcm, [f"phone {number}" for number in range(8)]))
        assert time.monotonic() - started_s < AT_ONCE_S


def test_a_page_into_the_void_comes_back_in_time_and_the_next_takes_another_way(tmp_path: Path) -> None:
    with a_pair(tmp_path) as (fcm, google):
        ring(fcm, "before")
        google.vanish()
        started_s = time.monotonic()

        assert failure(ring(fcm, "lost")).ambiguous
        assert time.monotonic() - started_s < LEASE_S
        assert isinstance(ring(fcm, "after"), Sent)
        assert ["before", "after"] == [delivery.target for delivery in google.deliveries]


def test_a_service_that_lets_nobody_in_any_more_is_not_taken_for_a_phone_that_may_have_rung(tmp_path: Path) -> None:
    with a_pair(tmp_path) as (fcm, google):
        ring(fcm, "for the token")
        fcm._lane.start_afresh()
        google.let_in(anybody=False)

        assert NotSent(reason="FCM could not be reached", can_retry=True) == ring(fcm)
        google.let_in(anybody=True)
        assert isinstance(ring(fcm), Sent)


def test_over_tls_a_page_goes_out_as_over_none(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    with FcmStandin(certificate=certificate) as google, a_sender(tmp_path, google.url) as fcm:
        trust_all(fcm, certificate)

        assert isinstance(ring(fcm), Sent)


def test_over_tls_too_a_thread_that_is_held_up_is_freed(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    with FcmStandin(certificate=certificate) as google, a_sender(tmp_path, google.url, threads=1) as fcm:
        trust_all(fcm, certificate)
        google.fail("bad", answer=Answer.TRICKLE)

        assert failure(ring(fcm, "bad")).ambiguous
        assert isinstance(ring(fcm, "good"), Sent)


def test_whoever_shows_a_wrong_certificate_gets_no_page_and_somebody_is_told(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    with FcmStandin(certificate=certificate) as google, a_sender(tmp_path, google.url) as fcm:
        trust(fcm._credentials._session, certificate)
        told = ring(fcm)

        assert NotSent(reason="FCM's certificate was not accepted", can_retry=True, our_fault=True) == told
        assert [] == google.deliveries


def test_a_token_service_with_a_wrong_certificate_gets_no_assertion(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    with FcmStandin(certificate=certificate) as google, a_sender(tmp_path, google.url) as fcm:
        assert NotSent(reason="Google's token service is not available", can_retry=True) == ring(fcm)
        assert 0 == google.token_requests
