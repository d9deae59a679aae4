# google-auth says that it is typed, and leaves most of its functions without types:
# mypy: disable-error-code="no-untyped-call"

from datetime import timedelta
from email.utils import format_datetime
from ssl import SSLCertVerificationError

import pytest
import requests
from builders import NOW
from google.auth.exceptions import RefreshError, TransportError
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError

from service.adapters.fcm.answer import is_alive, not_sent, read, retry_after_s
from service.adapters.fcm.errand import GivenUp
from service.dev.fcm_answers import Answer, misbehaved
from service.ports import NotSent


def answered(status: int, body: bytes, **headers: str) -> NotSent:
    """What an HTTP answer means, however the SDK may have stumbled over it."""
    response = requests.Response()
    response.status_code = status
    response._content = body
    response.headers.update(headers)
    return not_sent(requests.HTTPError("refused", response=response), now=NOW)


@pytest.mark.parametrize("answer", [Answer.UNREGISTERED, Answer.SENDER_MISMATCH])
def test_a_target_that_google_does_not_know_is_dead(answer: Answer) -> None:
    reply = misbehaved(answer)
    meaning = answered(reply.status, reply.body)

    assert meaning.target_is_dead
    assert not meaning.can_retry
    assert not meaning.our_fault


@pytest.mark.parametrize("kind", ["token", "fid"])
def test_a_token_that_the_answer_names_is_dead(kind: str) -> None:
    reply = misbehaved(Answer.INVALID_TOKEN, kind=kind)
    meaning = answered(reply.status, reply.body)

    assert meaning.target_is_dead
    assert not meaning.our_fault


def test_google_also_names_the_token_in_words_alone() -> None:
    reply = misbehaved(Answer.INVALID_TOKEN_IN_WORDS)

    assert answered(reply.status, reply.body).target_is_dead


def test_a_bad_message_is_our_bug_and_kills_no_phone() -> None:
    reply = misbehaved(Answer.INVALID_ARGUMENT)
    meaning = answered(reply.status, reply.body)

    assert meaning.our_fault
    assert not meaning.target_is_dead
    assert not meaning.can_retry


def test_a_missing_project_kills_no_phone_although_it_is_a_404_too() -> None:
    reply = misbehaved(Answer.NOT_FOUND)
    meaning = answered(reply.status, reply.body)

    assert not meaning.target_is_dead
    assert meaning.our_fault


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_service_in_trouble_is_asked_again(status: int) -> None:
    meaning = answered(status, b"<html>Error</html>")

    assert meaning.can_retry
    assert not meaning.our_fault
    assert not meaning.ambiguous


def test_a_gateway_that_gave_up_waiting_leaves_it_open_whether_the_phone_rang() -> None:
    assert answered(504, b"").ambiguous


@pytest.mark.parametrize("answer", [Answer.UNAUTHORIZED, Answer.THIRD_PARTY_AUTH, Answer.PERMISSION])
def test_refused_credentials_raise_an_alarm_and_the_page_stays_due(answer: Answer) -> None:
    reply = misbehaved(answer)
    meaning = answered(reply.status, reply.body)

    assert meaning.our_fault
    assert meaning.can_retry


def test_the_wait_google_asks_for_reaches_the_row() -> None:
    assert answered(503, b"", **{"Retry-After": "15"}).retry_after_s == 15.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        (" 30 ", 30.0),
        ("99999999999999999999", 60.0),
        (format_datetime(NOW.replace(microsecond=0) + timedelta(seconds=21), usegmt=True), 20.69),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0.0),
        ("Fri, 20 Nov 2026 11:12:30 -0000", 20.69),
        ("soon", None),
        ("-5", None),
        ("٣٠", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_nonsense_is_ignored(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, now=NOW) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "null",
        "[]",
        '{"error": "text"}',
        '{"error": {"details": "text"}}',
        '{"error": {"details": ["text", {"errorCode": null, "fieldViolations": "text"}, {"fieldViolations": [1]}]}}',
        "[" * 100_000,
    ],
)
def test_an_answer_of_another_shape_is_read_as_far_as_it_goes(body: str) -> None:
    assert read(400, body).status == 400


@pytest.mark.parametrize(
    ("error", "ambiguous"),
    [
        (requests.ConnectTimeout(), False),
        (requests.exceptions.ProxyError(), False),
        (requests.ReadTimeout(), True),
        (requests.ConnectionError("Connection aborted"), True),
        (requests.exceptions.ChunkedEncodingError(), True),
        (requests.JSONDecodeError("not JSON", "<html>", 0), True),
        (KeyError("name"), True),
    ],
)
def test_only_what_may_have_arrived_is_ambiguous(error: Exception, *, ambiguous: bool) -> None:
    meaning = not_sent(error, now=NOW)

    assert meaning.can_retry
    assert meaning.ambiguous is ambiguous
    assert not meaning.target_is_dead


def test_a_refused_connection_is_not_ambiguous() -> None:
    pool = HTTPConnectionPool("127.0.0.1")
    refusal = NewConnectionError(HTTPConnection("127.0.0.1"), "refused")
    meaning = not_sent(requests.ConnectionError(MaxRetryError(pool, "/", refusal)), now=NOW)

    assert meaning == NotSent(reason="FCM could not be reached", can_retry=True)


def test_a_certificate_that_does_not_fit_is_an_alarm() -> None:
    refusal = requests.exceptions.SSLError("refused")
    refusal.__cause__ = SSLCertVerificationError()

    assert not_sent(refusal, now=NOW).our_fault


def test_a_tls_connection_that_ends_early_is_nobodys_certificate() -> None:
    meaning = not_sent(requests.exceptions.SSLError("EOF occurred in violation of protocol"), now=NOW)

    assert meaning.ambiguous
    assert not meaning.our_fault


def of_reply(answer: Answer) -> requests.HTTPError:
    response = requests.Response()
    response.status_code, response._content = misbehaved(answer).status, misbehaved(answer).body
    return requests.HTTPError("refused", response=response)


@pytest.mark.parametrize(
    "answer",
    [
        Answer.UNREGISTERED,
        Answer.SENDER_MISMATCH,
        Answer.INVALID_TOKEN,
        Answer.INVALID_TOKEN_IN_WORDS,
        Answer.INVALID_ARGUMENT,
        Answer.QUOTA,
        Answer.THIRD_PARTY_AUTH,
    ],
)
def test_whoever_says_no_to_one_message_is_alive(answer: Answer) -> None:
    assert is_alive(of_reply(answer))


@pytest.mark.parametrize(
    "error",
    [
        *(of_reply(answer) for answer in (Answer.UNAUTHORIZED, Answer.PERMISSION, Answer.NOT_FOUND, Answer.ODD)),
        *(of_reply(answer) for answer in (Answer.INTERNAL, Answer.UNAVAILABLE, Answer.BAD_GATEWAY)),
        requests.ConnectTimeout(),
        requests.ReadTimeout(),
        requests.ConnectionError(),
        requests.exceptions.SSLError(),
        requests.JSONDecodeError("not JSON", "<html>", 0),
        KeyError("name"),
        RefreshError("invalid_grant"),
        TransportError("away"),
    ],
)
def test_whoever_says_nothing_that_google_would_is_away_to_us(error: Exception) -> None:
    assert is_alive(error) is False


@pytest.mark.parametrize("error", [ValueError("a bad message"), GivenUp()])
def test_what_never_left_says_nothing_of_the_service(error: Exception) -> None:
    assert is_alive(error) is None


def test_what_could_not_leave_in_time_was_not_sent() -> None:
    assert NotSent(reason="it could not leave in time", can_retry=True) == not_sent(GivenUp(), now=NOW)


def test_a_400_in_words_that_are_not_googles_kills_no_page() -> None:
    meaning = answered(400, b"<html>Bad Request</html>")

    assert meaning.can_retry
    assert meaning.our_fault


def test_credentials_that_google_refuses_are_an_alarm() -> None:
    assert not_sent(RefreshError("invalid_grant"), now=NOW).our_fault


@pytest.mark.parametrize("error", [TransportError("away"), RefreshError("internal_failure", retryable=True)])
def test_a_token_service_that_is_away_is_not_our_fault(error: Exception) -> None:
    meaning = not_sent(error, now=NOW)

    assert meaning.can_retry
    assert not meaning.our_fault
    assert not meaning.ambiguous


def test_a_message_that_the_sdk_refuses_was_never_sent() -> None:
    meaning = not_sent(ValueError("Message.data must not contain non-string values."), now=NOW)

    assert meaning.our_fault
    assert not meaning.ambiguous
    assert not meaning.can_retry


def test_the_answer_is_found_under_the_sdks_own_stumble() -> None:
    response = requests.Response()
    response.status_code = 503
    response._content = b'{"error": "text"}'
    stumble = AttributeError("'str' object has no attribute 'get'")
    stumble.__context__ = requests.HTTPError(response=response)

    assert not_sent(stumble, now=NOW).reason.startswith("FCM answered 503")
