import base64
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.dev.fcm_standin import FcmStandin, write_credentials

SEND = "/v1/projects/beatline-demo/messages:send"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"


def an_assertion(*, alg: str = "RS256", **changes: Any) -> str:
    now = int(time.time())
    claims = {"iss": "beatline", "aud": "https://x/token", "iat": now, "exp": now + 3_600, "scope": SCOPE} | changes
    parts = (json.dumps(part).encode() for part in ({"alg": alg}, claims))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + ".signature"


def ask_for_a_token(client: httpx.Client, assertion: str, *, grant_type: str = GRANT) -> httpx.Response:
    return client.post("/token", data={"grant_type": grant_type, "assertion": assertion})


@pytest.fixture(scope="module")
def standin() -> Iterator[FcmStandin]:
    with FcmStandin() as running:
        yield running


@pytest.fixture
def anybody(standin: FcmStandin) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=standin.url) as client:
        yield client


@pytest.fixture
def google(anybody: httpx.Client) -> httpx.Client:
    """A client that holds an access token."""
    answer = ask_for_a_token(anybody, an_assertion()).json()
    anybody.headers["Authorization"] = f"Bearer {answer['access_token']}"
    return anybody


def send(client: httpx.Client, target: str = "a-phone", **parts: Any) -> httpx.Response:
    return client.post(SEND, json={"message": {"token": target, "data": {"kind": "alert"}}, **parts})


def last_index(client: httpx.Client) -> int:
    seen: list[dict[str, Any]] = client.get("/deliveries").json()
    return int(seen[-1]["index"]) if seen else 0


def test_a_service_account_gets_a_bearer_token_for_an_hour(anybody: httpx.Client) -> None:
    answer = ask_for_a_token(anybody, an_assertion()).json()

    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 3_600


@pytest.mark.parametrize(
    "assertion",
    [
        "",
        "one.two",
        "not.base64!.x",
        an_assertion(alg="none"),
        an_assertion(scope="https://www.googleapis.com/auth/drive"),
        an_assertion(exp=0),
        an_assertion(exp=2**40),
        an_assertion(iat="now"),
        an_assertion(iss=""),
    ],
)
def test_an_assertion_that_google_would_refuse_gets_no_token(anybody: httpx.Client, assertion: str) -> None:
    answer = ask_for_a_token(anybody, assertion)

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"


def test_only_the_jwt_bearer_grant_is_known(anybody: httpx.Client) -> None:
    answer = ask_for_a_token(anybody, an_assertion(), grant_type="password")

    assert answer.json()["error"] == "unsupported_grant_type"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic wrong"])
def test_nobody_sends_without_a_token(anybody: httpx.Client, header: str) -> None:
    anybody.headers["Authorization"] = header

    assert send(anybody).status_code == 401


def test_a_token_ends_when_it_said_it_would() -> None:
    with FcmStandin(token_life_s=0) as standin, httpx.Client(base_url=standin.url) as client:
        token = ask_for_a_token(client, an_assertion()).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"

        assert send(client).status_code == 401


def test_a_message_is_taken_and_its_phone_can_read_it(google: httpx.Client) -> None:
    before = last_index(google)
    sent_at = time.time()
    answer = send(google, "my-phone")
    (delivery,) = google.get("/deliveries", params={"since": before}).json()

    assert answer.json()["name"].startswith("projects/beatline-demo/messages/")
    assert delivery["target"] == "my-phone"
    assert delivery["index"] == before + 1
    assert delivery["message"]["data"] == {"kind": "alert"}
    assert sent_at <= delivery["received_at"] <= time.time()


def test_a_message_to_validate_only_reaches_no_phone(google: httpx.Client) -> None:
    before = last_index(google)

    assert send(google, validate_only=True).json()["name"] == "projects/beatline-demo/messages/fake_message_id"
    assert last_index(google) == before


def test_a_phone_that_waits_gets_the_next_message_at_once(standin: FcmStandin, google: httpx.Client) -> None:
    before = last_index(google)
    got: list[Any] = []

    def wait() -> None:
        answer = httpx.get(f"{standin.url}/deliveries", params={"since": before, "wait_s": 5})
        got.append((time.time(), answer.json()))

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.2)
    send(google)
    waiting.join()
    ((at, deliveries),) = got

    assert len(deliveries) == 1
    assert at - deliveries[0]["received_at"] < 0.5


def test_a_phone_that_waits_in_vain_gets_an_empty_answer(google: httpx.Client) -> None:
    assert google.get("/deliveries", params={"since": last_index(google), "wait_s": 0.05}).json() == []


@pytest.mark.parametrize("query", [{"since": "x"}, {"wait_s": "long"}])
def test_nonsense_about_deliveries_is_refused(google: httpx.Client, query: dict[str, str]) -> None:
    assert google.get("/deliveries", params=query).status_code == 400


def test_a_refusal_looks_like_googles(google: httpx.Client) -> None:
    answer = google.post(SEND, json={"message": {"token": "a-phone", "data": {"sequence": 1}}})
    error = answer.json()["error"]

    assert answer.status_code == error["code"] == 400
    assert error["status"] == "INVALID_ARGUMENT"
    assert error["details"][0]["errorCode"] == "INVALID_ARGUMENT"
    assert error["details"][1]["fieldViolations"][0]["field"] == "message.data[0].value"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"message": NaN}'])
def test_a_body_that_is_no_message_is_refused(google: httpx.Client, body: bytes) -> None:
    assert google.post(SEND, content=body).status_code == 400


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        ("unregistered", 404, "UNREGISTERED"),
        ("sender_mismatch", 403, "SENDER_ID_MISMATCH"),
        ("invalid_token", 400, "INVALID_ARGUMENT"),
        ("quota", 429, "QUOTA_EXCEEDED"),
        ("unavailable", 503, "UNAVAILABLE"),
        ("internal", 500, "INTERNAL"),
    ],
)
def test_a_phone_can_be_made_to_fail_as_often_as_asked(
    google: httpx.Client, answer: str, status: int, code: str
) -> None:
    target = f"failing-{answer}"
    google.post("/faults", json={"target": target, "answer": answer, "times": 2, "retry_after_s": 3})
    answers = [send(google, target) for _ in range(3)]

    assert [reply.status_code for reply in answers] == [status, status, 200]
    assert answers[0].json()["error"]["details"][0]["errorCode"] == code
    assert answers[0].headers["Retry-After"] == "3"


def test_a_fault_for_ever_lasts_until_it_is_taken_back(google: httpx.Client) -> None:
    google.post("/faults", json={"target": "broken", "answer": "unavailable", "times": None})
    broken = {send(google, "broken").status_code for _ in range(5)}
    google.delete("/faults")

    assert broken == {503}
    assert send(google, "broken").status_code == 200


def test_a_connection_can_be_reset(google: httpx.Client) -> None:
    google.post("/faults", json={"target": "reset", "answer": "reset"})

    with pytest.raises(httpx.ReadError):
        send(google, "reset")


def test_an_answer_can_be_cut_short_after_the_message_was_delivered(google: httpx.Client) -> None:
    before = last_index(google)
    google.post("/faults", json={"target": "truncated", "answer": "truncated"})

    with pytest.raises(httpx.RemoteProtocolError):
        send(google, "truncated")
    assert last_index(google) == before + 1


def test_a_fault_nobody_knows_is_refused(google: httpx.Client) -> None:
    assert google.post("/faults", json={"target": "x", "answer": "explode"}).status_code == 400


def test_withdrawn_tokens_are_refused(google: httpx.Client) -> None:
    google.delete("/tokens")

    assert send(google).status_code == 401


def test_anything_else_is_not_found_and_the_connection_stays(google: httpx.Client) -> None:
    assert google.get("/").status_code == 404
    assert google.get("/v1/projects/beatline-demo/messages:send").status_code == 404


def test_credentials_are_for_their_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    write_credentials(file, "http://127.0.0.1:9")

    assert file.stat().st_mode & 0o077 == 0
    assert json.loads(file.read_text(encoding="utf-8"))["token_uri"] == "http://127.0.0.1:9/token"


@pytest.mark.parametrize("way", ["port", "uds"])
def test_it_runs_on_its_own_and_ends_when_told_to(tmp_path: Path, way: str) -> None:
    socket = str(tmp_path / "fcm.sock")
    place = ["--port", "0"] if way == "port" else ["--uds", socket]
    command = [sys.executable, "-m", "service.dev.fcm_standin", *place]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        transport = httpx.HTTPTransport(uds=socket if way == "uds" else None)
        with httpx.Client(transport=transport) as client:
            answer = client.get(f"{url if way == 'port' else 'http://fcm'}/deliveries")
        process.terminate()

        assert answer.json() == []
        assert process.wait(timeout=5) in {0, -15}
