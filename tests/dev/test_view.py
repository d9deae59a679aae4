"""What somebody who watches the demo reads: an incident with its clock of stages, who goes, and who was confirmed."""

import io
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console, RenderableType
from shown import alert, at, change, concern, confirmed, going, incident, stages

from service.dev import view, wording
from service.domain.stage_clock import Stage

LOCAL = ZoneInfo("America/Los_Angeles")
ASKED = [change("unit_asked", unit_id="unit-1A01", reason="420 m; fix 94 s old")]
SELECTION = {
    "asked": [],
    "not_asked": [
        {"call_sign": "1A07", "reason": "two nearer units were asked"},
        {"call_sign": "1A09", "reason": "on another incident"},
    ],
    "not_asked_more": {"farther than the units looked at": 7},
}


def lines_of(what: RenderableType, *, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=40)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def drawn(shown: dict[str, Any], *, width: int = 150) -> str:
    """As it stands on the screen, one blank at a time."""
    return " ".join(" ".join(lines_of(view.incident_panel(shown, timezone=LOCAL, width=width), width=width)).split())


def test_an_incident_says_what_was_heard_and_where_by_local_time() -> None:
    assert "covered 20:59:59 multiple gunshots, 6 rounds · 31st Ave and Maple St · 2 sensors" in drawn(incident())


def test_an_emergency_says_so_in_its_address() -> None:
    called = incident(emergency={"call_sign": "1A07"}, address="Officer emergency: 1A07", classification="unknown")

    assert "20:59:59 Officer emergency: 1A07" in drawn(called)


def test_an_incident_that_is_over_says_what_was_found() -> None:
    assert "closed: evidence found 20:59:59" in drawn(incident(state="closed", disposition="evidence_found"))


def test_a_wide_screen_says_who_was_asked_and_why_and_who_confirmed_whom() -> None:
    goes = confirmed(sent_at=at(0.014))
    cannot = alert("1A02", state="declined", sent_at=at(0.02), declined_at=at(5), reason="on a traffic stop")

    seen = drawn(incident(goes, cannot, timeline=ASKED))

    assert "1A01 420 m; fix 94 s old ↑ 14 ms going after 3.4 s, primary, en route ✓ R. Diaz after 4.0 s" in seen
    assert "1A02 ↑ 20 ms cannot, after 5.0 s: on a traffic stop" in seen


def test_a_narrow_screen_says_the_same_shorter() -> None:
    goes = confirmed(sent_at=at(0.014), confirmed_by="Demo dispatcher", on_scene_at=at(60))

    assert "1A01 420 m going after 3.4 s, primary, on scene ✓ Demo dispatcher │" in drawn(incident(goes), width=80)


def test_a_worry_stands_where_it_is_never_cut_off() -> None:
    nobody = incident(going(acknowledged_at=at(12.3), role="assisting"), concerns=[concern("unconfirmed")])

    assert "! nobody has confirmed going after 12.3 s, assisting" in drawn(nobody, width=80)


def test_an_incident_says_who_was_not_asked_the_telling_reasons_first() -> None:
    assert "not asked: 1A09 on another incident; 1A07 two nearer units were asked; 7 more" in drawn(
        incident(selection=SELECTION)
    )


def test_every_stage_is_counted_from_the_shot() -> None:
    assert lines_of(view.stage_clock(incident(), width=120), width=120) == [
        "shot → received 404 ms → selected 420 ms → committed 425 ms → handed to push 447 ms → answered 3.4 s"
    ]


def test_a_stage_and_its_time_stay_together_on_a_narrow_screen() -> None:
    whole = incident(stages=stages(**dict.fromkeys(Stage, 12.3)))

    lines = lines_of(view.stage_clock(whole, width=76), width=76)

    assert lines == [
        "shot → received 12.3 s → selected 12.3 s → committed 12.3 s",
        "→ handed to push 12.3 s → received by phone 12.3 s → displayed 12.3 s",
        "→ answered 12.3 s → confirmed 12.3 s → on scene 12.3 s → closed 12.3 s",
    ]


@pytest.mark.parametrize("width", [80, 110, 150])
def test_nothing_is_wider_than_the_screen(width: int) -> None:
    unit, worry = going(distance_m=12_345), concern("unconfirmed")
    shown = incident(unit, concerns=[worry], address="Long " * 40, stages=stages(**dict.fromkeys(Stage, 75.0)))

    lines = lines_of(view.incident_panel(shown, timezone=LOCAL, width=width), width=width)

    assert {width} == set(map(len, lines))
    assert "…" in lines[0]


def test_an_old_incident_says_in_one_line_who_went() -> None:
    went = going(state="recalled", role=None, on_scene_at=at(60))

    seen = lines_of(view.one_line(incident(went, state="closed"), timezone=LOCAL), width=120)

    assert seen == [" closed  20:59:59 multiple gunshots, 6 rounds · 31st Ave and Maple St · 2 sensors  1A01 went"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"state": "queued"}, "on its way"),
        ({"state": "sent"}, "on its way"),
        ({"state": "received", "received_at": at(1)}, "has it"),
        ({"state": "received", "received_at": at(1), "displayed_at": at(1)}, "rings"),
        ({"state": "expired"}, "no answer"),
        ({"state": "recalled"}, "no longer needed"),
        ({"state": "recalled", "acknowledged_at": at(2), "refused_at": at(9)}, "stood down, went after 2.0 s"),
        ({"state": "recalled", "acknowledged_at": at(2), "cleared_at": at(90)}, "went after 2.0 s, clear"),
        ({"state": "failed"}, "phone cannot ring: the app was removed"),
        (
            {"state": "acknowledged", "role": "assisting", "acknowledged_at": at(2), "on_scene_at": at(90)},
            "going after 2.0 s, assisting, on scene",
        ),
    ],
)
def test_a_reaction_is_said_in_words(more: dict[str, Any], words: str) -> None:
    assert words == wording.reaction(alert("1A01", **more), {"unit-1A01": "the app was removed"})


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("unconfirmed", "! nobody has confirmed"),
        ("stalled", "! does not come closer"),
        ("silent", "! does not answer: all right?"),
    ],
)
def test_what_the_console_worries_about_is_said_of_its_unit(kind: str, words: str) -> None:
    shown = incident(going("1A01"), going("1A02"), concerns=[concern(kind, "1A02")])

    assert f"1A02 going after 3.4 s, primary, en route {words}" in drawn(shown)
    assert drawn(shown).count("!") == 1


def test_of_several_worries_the_most_pressing_is_said() -> None:
    shown = incident(going(), concerns=[concern("silent"), concern("unconfirmed")])

    assert "en route ! does not answer: all right?" in drawn(shown)


@pytest.mark.parametrize(
    ("span_s", "words"), [(0.0141, "14 ms"), (3.44, "3.4 s"), (130, "2 min 10 s"), (-0.4, "−400 ms"), (0, "0 ms")]
)
def test_a_span_is_said_as_short_as_it_can_be(span_s: float, words: str) -> None:
    assert words == wording.seconds(span_s)
