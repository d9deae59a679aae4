"""What somebody who watches the demo reads: an incident as a picture, as lines of a log, and how it is fetched."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from rich.console import Console, RenderableType

from service.dev import stages, view
from service.dev.demo_file import Login
from service.dev.stages import Incident
from service.dev.watching import Board, line_of, picture

HEARD = datetime(2026, 7, 5, 4, 0, 0, tzinfo=UTC)
LOCAL = ZoneInfo("America/Los_Angeles")
DISPATCHER = Login(email="dispatcher@demo.example", password="right")


def at(seconds: float) -> str:
    return (HEARD + timedelta(seconds=seconds)).isoformat()


def alert(call_sign: str, **more: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("role", "reason", "sent_at", "received_at", "displayed_at", "acknowledged_at", "declined_at", "on_scene_at")
    )
    return {
        **nothing,
        "alert_id": f"alert-{call_sign}",
        "unit_id": f"unit-{call_sign}",
        "call_sign": call_sign,
        "state": "sent",
        "level": 1,
        "queued_at": at(0),
        "cleared_at": None,
        **more,
    }


def incident(**more: Any) -> dict[str, Any]:
    going = alert("1A01", state="acknowledged", role="primary", sent_at=at(0.014), acknowledged_at=at(3.4))
    cannot = alert("1A02", state="declined", sent_at=at(0.02), declined_at=at(5), reason="on a traffic stop")
    detection = {"detection_id": "D-1", "occurred_at": at(-0.4), "received_at": at(0)}
    return {
        "incident_id": "0192-abcdef",
        "state": "open",
        "occurred_at": at(-0.4),
        "classification": "multiple_gunshots",
        "confidence": "high",
        "rounds": 6,
        "address": "31st Ave and Maple St",
        "location": {"lat": 37.75, "lon": -122.45},
        "detections": [detection, {**detection, "detection_id": "D-2"}],
        "selection": {
            "asked": [{"unit_id": "unit-1A01", "call_sign": "1A01", "reason": "420 m"}],
            "not_asked": [
                {"call_sign": "1A07", "reason": "two nearer units were asked"},
                {"call_sign": "1A09", "reason": "on another incident"},
            ],
            "not_asked_more": {"farther than the units looked at": 7},
        },
        "alerts": [going, cannot],
        "acknowledgments": [going],
        "pages": [],
        "timeline": [{"action": "unit_asked", "at": at(0), "details": {}}],
        **more,
    }


def drawn(what: RenderableType, *, width: int = 120) -> str:
    """As it stands on the screen, one blank at a time."""
    console = Console(file=io.StringIO(), width=width, height=40)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return " ".join(console.file.getvalue().split())


def test_an_incident_says_what_was_heard_and_where_by_local_time() -> None:
    seen = drawn(view.incident_panel(incident(), timezone=LOCAL))

    assert "open 20:59:59 multiple gunshots, 6 rounds · 31st Ave and Maple St · 2 sensors" in seen


def test_an_incident_says_who_was_asked_and_why_and_what_they_said() -> None:
    seen = drawn(view.incident_panel(incident(), timezone=LOCAL))

    assert "1A01 420 m ↑ 14 ms going after 3.4 s, primary, en route" in seen
    assert "cannot, after 5.0 s: on a traffic stop" in seen


def test_an_incident_says_who_was_not_asked_the_telling_reasons_first() -> None:
    seen = drawn(view.incident_panel(incident(), timezone=LOCAL))

    assert "not asked: 1A09 on another incident; 1A07 two nearer units were asked; 7 more" in seen


def test_every_stage_is_counted_from_the_webhook() -> None:
    assert drawn(view.stage_line(incident())) == (
        "shot −400 ms → received → selected 0 ms → pushed 14 ms → answered 3.4 s"
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"state": "queued"}, "on its way"),
        ({"state": "sent"}, "on its way"),
        ({"state": "received", "received_at": at(1)}, "has it"),
        ({"state": "received", "received_at": at(1), "displayed_at": at(1)}, "rings"),
        ({"state": "expired"}, "no answer"),
        ({"state": "recalled"}, "no longer needed"),
        ({"state": "failed"}, "phone cannot ring: the app was removed"),
        (
            {"state": "acknowledged", "role": "assisting", "acknowledged_at": at(2), "on_scene_at": at(90)},
            "going after 2.0 s, assisting, on scene",
        ),
    ],
)
def test_a_reaction_is_said_in_words(more: dict[str, Any], words: str) -> None:
    assert view.reaction(alert("1A01", **more), {"unit-1A01": "the app was removed"}) == words


@pytest.mark.parametrize(
    ("span_s", "words"), [(0.0141, "14 ms"), (3.44, "3.4 s"), (130, "2 min 10 s"), (-0.4, "−400 ms"), (0, "0 ms")]
)
def test_a_span_is_said_as_short_as_it_can_be(span_s: float, words: str) -> None:
    assert view.seconds(span_s) == words


def test_a_unit_that_is_asked_together_with_others_comes_by_its_rank() -> None:
    entries = [
        {"action": "unit_asked", "at": at(when), "details": {"call_sign": unit, "rank": rank}}
        for when, unit, rank in [(30, "C", 1), (0, "B", 2), (0, "A", 1)]
    ]

    decisions = stages.asked_together(incident(timeline=entries))

    assert [[unit["call_sign"] for unit in asked] for _, asked in decisions] == [["A", "B"], ["C"]]


def test_old_incidents_take_a_line_when_there_is_no_room() -> None:
    older = [incident(incident_id=f"older-{n}", state="covered") for n in range(20)]
    console = Console(file=io.StringIO(), width=120, height=23)

    console.print(picture([incident(), *older], ["heading"], console=console))

    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert len(lines) == 23
    assert lines[0] == "heading"
    assert sum("1A01 went" in line for line in lines) > 1


def test_a_log_tells_what_happened_and_keeps_still_about_the_rest() -> None:
    said = line_of({"action": "alert_acknowledged", "at": at(3.4), "details": {"alert_id": "alert-1A01"}}, incident())

    assert said == "21:00:03.400  abcdef  1A01 is going"
    assert line_of({"action": "pages_queued", "at": at(0), "details": {}}, incident()) is None


class Service:
    """The console's API as far as the board uses it; `away` says that it does not answer."""

    def __init__(self) -> None:
        self.incidents: dict[str, Incident] = {"one": incident(incident_id="one")}
        self.asked: list[str] = []
        self.away = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("nobody is there")
        self.asked.append(request.url.path)
        if request.url.path == "/v1/session":
            return httpx.Response(204, headers={"set-cookie": "beatline_session=yes"})
        if "beatline_session" not in request.headers.get("cookie", ""):
            return httpx.Response(401)
        if request.url.path == "/v1/incidents":
            return httpx.Response(200, json={"items": list(self.incidents.values())})
        return httpx.Response(200, json=self.incidents[request.url.path.rsplit("/", 1)[1]])


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def board(service: Service) -> Callable[[], Board]:
    return lambda: Board(httpx.Client(base_url="http://demo", transport=httpx.MockTransport(service)), DISPATCHER)


def test_the_board_signs_in_by_itself(service: Service, board: Callable[[], Board]) -> None:
    assert board().look(closely=1) == [service.incidents["one"]]


def test_the_board_looks_closely_only_where_something_may_have_changed(
    service: Service, board: Callable[[], Board]
) -> None:
    service.incidents["two"] = incident(incident_id="two", state="covered")
    eye = board()
    eye.look(closely=1)
    service.asked.clear()

    eye.look(closely=1)

    assert service.asked == ["/v1/incidents", "/v1/incidents/one"]


def test_the_board_shows_what_it_knew_while_the_service_is_away(service: Service, board: Callable[[], Board]) -> None:
    eye = board()
    before = eye.look(closely=1)
    service.away = True

    assert eye.look(closely=1) == before
