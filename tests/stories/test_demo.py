"""The demo, as a stranger with a script meets it: knows `demo.json` and the published contract, and nothing of ours.

The script brings its own push service. It gets from a signed detection to messages there, to an acceptance, a decline,
the next units, and a recall; then the demo is told to stop and leaves nothing behind.
"""

import base64
import hashlib
import hmac
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx
import pytest

pytestmark = pytest.mark.timeout(240)

ROOT = Path(__file__).parents[2]
START_S = 120.0
PLACE = {"lat": 37.7600, "lon": -122.4600, "uncertainty_m": 25}
NORTH_DEG = 0.0018
"""About 200 m."""
SHAPE = {
    "base_url": str,
    "fcm_url": str,
    "agency_id": str,
    "source": {"id": str, "secret": str},
    "admin": {"email": str, "password": str},
    "dispatcher": {"email": str, "password": str},
    "units": [{"id": str, "call_sign": str, "enrolment_code": str}],
}


class PushService:
    """A server of the script's own: grants a token to everybody, and keeps the messages."""

    def __init__(self) -> None:
        self.messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self.paths: set[str] = set()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                service.paths.add(self.path)
                if self.path == "/token":
                    self.answer({"access_token": "anything", "expires_in": 3600, "token_type": "Bearer"})
                    return
                request = json.loads(body)
                if not request.get("validate_only"):
                    service.messages.put(request["message"])
                self.answer({"name": "projects/beatline-demo/messages/1"})

            def answer(self, said: dict[str, Any]) -> None:
                body = json.dumps(said).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Tests are quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def next(self, count: int, *, kind: str) -> dict[str, dict[str, str]]:
        """The data of the next `count` messages of this kind, by the token that they are for."""
        found: dict[str, dict[str, str]] = {}
        while len(found) < count:
            message = self.messages.get(timeout=20)
            if message["data"]["kind"] == kind:
                found[message["token"]] = message["data"]
        return found


class Phone:
    """What an app would do: trade the code for a token, and call with that."""

    def __init__(self, http: httpx.Client, unit: dict[str, str]) -> None:
        self.call_sign = unit["call_sign"]
        self.push_token = f"phone-of-{self.call_sign}"
        device = {"platform": "android", "model": "Stranger", "app_version": "1.0"}
        push = {"kind": "fcm_token", "value": self.push_token}
        answer = http.post("/v1/enrolments", json={"code": unit["enrolment_code"], "device": device, "push": push})
        assert answer.status_code == 201, answer.text
        assert answer.json()["unit"] == {"id": unit["id"], "call_sign": unit["call_sign"]}
        self._http = http
        self._headers = {"authorization": f"Bearer {answer.json()['device_token']}"}

    def put(self, path: str, body: dict[str, Any]) -> None:
        assert self._http.put(f"/v1/me/{path}", json=body, headers=self._headers).status_code == 204

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._http.post(f"/v1/me/{path}", json=body, headers=self._headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def receive(self, alert_id: str) -> None:
        self.post(f"alerts/{alert_id}/receipt", {"kind": "received", "at": now()})

    def answer(self, alert_id: str, **said: str) -> Any:
        return self.post(f"alerts/{alert_id}/acknowledgment", said)

    def alerts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._http.get("/v1/me/alerts", headers=self._headers).json()["items"]
        return found


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def signed(secret: str, body: str) -> dict[str, str]:
    """Standard Webhooks, by hand."""
    message_id, seconds = f"msg_{time.time_ns()}", str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{seconds}.{body}".encode(), hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": message_id, "webhook-timestamp": seconds, "webhook-signature": signature}


def report_shots(http: httpx.Client, source: dict[str, str], detection_id: str) -> dict[str, Any]:
    body = json.dumps(
        {
            "detection_id": detection_id,
            "revision": 0,
            "kind": "detected",
            "occurred_at": now(),
            "location": PLACE,
            "classification": "multiple_gunshots",
            "confidence": "high",
            "rounds": 6,
        }
    )
    headers = {**signed(source["secret"], body), "content-type": "application/json"}
    answer = http.post(f"/v1/sources/{source['id']}/detections", content=body, headers=headers)
    assert answer.status_code == 202, answer.text
    said: dict[str, Any] = answer.json()
    return said


class Demo:
    """One `beatline demo` in a process of its own."""

    def __init__(self, data_dir: Path, *flags: str) -> None:
        self.data_dir = data_dir
        command = [sys.executable, "-m", "service", "demo", "--data-dir", str(data_dir), *flags]
        self._words = data_dir.with_name(f"words-{time.monotonic_ns()}")
        with self._words.open("wb") as words:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=words, stderr=subprocess.STDOUT
            )

    def facts(self) -> dict[str, Any]:
        """demo.json, once it is there."""
        path = self.data_dir / "demo.json"
        until(lambda: path.exists() or self.process.poll() is not None, within_s=START_S)
        assert path.exists(), self.words()
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(60)

    def must_be_gone(self) -> None:
        """Within seconds: PostgreSQL writes down what it has."""
        deadline_s = time.monotonic() + 20
        while left := self.processes():
            assert time.monotonic() < deadline_s, left
            time.sleep(0.05)

    def words(self) -> str:
        """What it said in the terminal."""
        return self._words.read_text()

    def processes(self) -> list[str]:
        """Whoever still has to do with this demo: by its command, its environment or its folder."""
        running = (process for process in Path("/proc").iterdir() if process.name.isdigit())
        return [found for process in running if (found := self._involved(process))]

    def _involved(self, process: Path) -> str | None:
        try:
            said = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            where = str((process / "cwd").readlink())
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return None
        own = int(process.name) in {os.getpid(), os.getppid()}
        involved = str(self.data_dir).encode() in said or where.startswith(str(self.data_dir))
        return f"{process.name}: {said[:200]!r}" if involved and not own else None


def until(condition: Callable[[], object], *, within_s: float) -> None:
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, "it never happened"
        time.sleep(0.05)


@pytest.fixture
def push_service() -> Iterator[PushService]:
    with PushService() as service:
        yield service


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    """Start demos in the same folder, one after the other. Those left at the end are killed, and leave nothing."""
    demos: list[Demo] = []

    def start(*flags: str) -> Demo:
        demos.append(Demo(tmp_path / "demo", *flags))
        return demos[-1]

    yield start
    for demo in demos:
        demo.process.kill()
        demo.process.wait()
    for demo in demos:
        demo.must_be_gone()


def shape_of(value: Any) -> Any:
    """The value's shape: types for values, one example for a list whose items are all alike."""
    if isinstance(value, dict):
        return {name: shape_of(each) for name, each in value.items()}
    if isinstance(value, list):
        shapes = [shape_of(each) for each in value]
        assert all(shape == shapes[0] for shape in shapes)
        return shapes[:1]
    return type(value)


def test_a_script_that_knows_only_demo_json_gets_from_a_shot_to_a_recall(
    start: Callable[..., Demo], push_service: PushService
) -> None:
    demo = start("--no-simulation", "--units", "6", "--fcm-url", push_service.url)
    facts = demo.facts()
    assert shape_of(facts) == SHAPE
    assert len(facts["units"]) == 6
    assert facts["fcm_url"] == push_service.url

    with httpx.Client(base_url=facts["base_url"]) as http:
        # Six cars stand north of the place, 200 m apart.
        phones = [Phone(http, unit) for unit in facts["units"]]
        for number, phone in enumerate(phones, start=1):
            phone.put("status", {"status": "available"})
            fix = {"lat": PLACE["lat"] + number * NORTH_DEG, "lon": PLACE["lon"], "at": now(), "accuracy_m": 5}
            answer = phone.post("positions", {"sent_at": now(), "fixes": [fix]})
            assert answer == {"accepted": 1, "rejected": []}
        first, second, third, fourth, *_ = phones

        # Shots are heard: the nearest two ring.
        heard = report_shots(http, facts["source"], "SCRIPT-1")
        assert heard["outcome"] == "opened"
        rung = push_service.next(2, kind="alert")
        assert set(rung) == {first.push_token, second.push_token}
        assert {data["incident_id"] for data in rung.values()} == {heard["incident_id"]}
        assert {data["rounds"] for data in rung.values()} == {"6"}

        # The nearest goes, the other cannot: the next nearest ring at once.
        first_alert, second_alert = rung[first.push_token]["alert_id"], rung[second.push_token]["alert_id"]
        first.receive(first_alert)
        accepted = first.answer(first_alert, response="accepted")
        assert (accepted["state"], accepted["role"]) == ("acknowledged", "primary")
        assert first.answer(first_alert, response="accepted") == accepted
        declined = second.answer(second_alert, response="declined", reason="transporting")
        assert (declined["state"], declined["role"]) == ("declined", None)
        rung = push_service.next(2, kind="alert")
        assert set(rung) == {third.push_token, fourth.push_token}

        # One of them goes, which is enough: the other is recalled.
        assert third.answer(rung[third.push_token]["alert_id"], response="accepted")["role"] == "assisting"
        recalled = push_service.next(1, kind="recall")
        assert set(recalled) == {fourth.push_token}
        assert recalled[fourth.push_token]["incident_id"] == heard["incident_id"]
        assert fourth.alerts()[0]["state"] == "recalled"

        # The dispatcher sees it covered.
        login = facts["dispatcher"]
        assert http.post("/v1/session", json=login).status_code == 204
        incident = http.get(f"/v1/incidents/{quote(heard['incident_id'])}").json()
        assert incident["state"] == "covered"
        going = [alert["call_sign"] for alert in incident["acknowledgments"]]
        assert going == [first.call_sign, third.call_sign]

    assert {"/token", "/v1/projects/beatline-demo/messages:send"} <= push_service.paths
    assert demo.end(signal.SIGTERM) == 0
    assert demo.processes() == []


def test_a_demo_on_the_same_folder_goes_on_with_fresh_codes_which_a_simulated_city_leaves_alone(
    start: Callable[..., Demo], push_service: PushService
) -> None:
    demo = start("--no-simulation", "--units", "5", "--fcm-url", push_service.url)
    before = demo.facts()
    with httpx.Client(base_url=before["base_url"]) as http:
        Phone(http, before["units"][0])
        incident_id = report_shots(http, before["source"], "SCRIPT-1")["incident_id"]
    demo.end(signal.SIGINT)
    assert not (demo.data_dir / "demo.json").exists()

    after = start("--units", "5").facts()

    for same in ("agency_id", "source", "admin", "dispatcher"):
        assert after[same] == before[same]
    with httpx.Client(base_url=after["base_url"], timeout=10) as http:
        assert http.post("/v1/session", json=after["dispatcher"]).status_code == 204
        assert http.get(f"/v1/incidents/{incident_id}").status_code == 200
        until(lambda: simulated_answers(http), within_s=60)
        assert [Phone(http, unit).call_sign for unit in after["units"]] == [u["call_sign"] for u in before["units"]]


def simulated_answers(http: httpx.Client) -> bool:
    """Whether the city has heard a shot by now, and somebody has answered a phone."""
    newest = http.get("/v1/incidents").json()["items"][0]["incident_id"]
    alerts = http.get(f"/v1/incidents/{newest}").json()["alerts"]
    return any(alert["acknowledged_at"] or alert["declined_at"] for alert in alerts)
