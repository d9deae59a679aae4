"""R4: two hundred thumbs at once, and exactly one officer is told "you are first". Who presses again hears the same.

A dispatcher sends every unit there is to one incident; then all of their phones acknowledge at the same moment. In
every other round an API dies in the middle of it, and the phones that got no answer press again.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random

import httpx

from chaos.outside import Agency, Phone
from chaos.row import Row, Scale
from chaos.stand import Plan, Stand, Wish, standing

AT_ONCE = 200
POLICY = {"acknowledgment_deadline_s": 120, "warning_radius_m": 0}
_ALERTS = "select unit_id, alert_id::text from alerts where incident_id = %(incident_id)s"
_PRIMARIES = "select count(*) as primaries from alerts where incident_id = %(incident_id)s and role = 'primary'"
_END = """
with ended as (update incidents set state = 'closed', ended_at = now(), next_action_at = null where state <> 'closed')
update units set status = 'available', incident_id = null
"""


SENT_AT_ONCE = 50
"""Units that a dispatcher can send with one call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """`told_primary`: units that were told so; `changed`: units that heard something else when they pressed again."""

    primaries: int
    told_primary: int
    changed: int

    @property
    def is_right(self) -> bool:
        return (1, 1, 0) == (self.primaries, self.told_primary, self.changed)


def measure(scale: Scale) -> Row:
    units, rounds = (40, 2) if scale.short else (AT_ONCE, 6)
    with standing(Plan(apis=2, workers=1)) as stand:
        [agency] = stand.found(Wish(units=units, spacing_m=150.0, policy=POLICY))
        luck = scale.luck()
        played = [_played(stand, agency, luck, dies=bool(number % 2)) for number in range(rounds)]
    wrong = [each for each in played if not each.is_right]
    primaries = [each.primaries for each in played]
    return Row(
        promise="R4",
        what=f"one primary of {AT_ONCE} acknowledgments at once by {units} phones, {rounds} rounds",
        faults=stand.faults,
        worst=f"{min(primaries)}–{max(primaries)} primaries, {sum(each.changed for each in played)} answers changed",
        bound="1, 0",
        holds=not wrong,
        note="; ".join(map(str, wrong)),
    )


def _played(stand: Stand, agency: Agency, luck: Random, *, dies: bool) -> Round:
    stand.wait_whole()
    incident_id, asked = _everybody_asked(stand, agency, luck)
    presses = asked * (AT_ONCE // len(asked))
    line = threading.Barrier(len(presses) + 1)
    with ThreadPoolExecutor(len(presses), thread_name_prefix="thumb") as thumbs:
        pressed = [thumbs.submit(_press, phone, alert_id, line) for phone, alert_id in presses]
        line.wait()
        if dies:
            time.sleep(luck.uniform(0.05, 0.5))
            stand.kill("api-2")
        answers = [press.result() for press in pressed]
    if dies:
        stand.restart("api-2")
    again = [_answer(phone, alert_id) for phone, alert_id in asked]
    primaries = stand.sql(_PRIMARIES, {"incident_id": incident_id})[0]["primaries"]
    stand.sql(_END)
    return Round(
        primaries=primaries,
        told_primary=len({unit for unit, role in answers if role == "primary"}),
        changed=len(set(answers) | set(again)) - len(asked),
    )


def _everybody_asked(stand: Stand, agency: Agency, luck: Random) -> tuple[str, list[tuple[Phone, str]]]:
    """Shots, and a dispatcher who sends all units there; each phone with its alert."""
    near = luck.choice(agency.phones)
    incident_id = str(agency.hears(near.lat, near.lon).incident_id)
    with agency.desk() as desk:
        unit_ids = [str(phone.unit_id) for phone in agency.phones]
        for first in range(0, len(unit_ids), SENT_AT_ONCE):
            sent = {"unit_ids": unit_ids[first : first + SENT_AT_ONCE]}
            desk.post(f"/v1/incidents/{incident_id}/dispatches", json=sent).raise_for_status()
    by_unit = {phone.unit_id: phone for phone in agency.phones}
    alerts = stand.sql(_ALERTS, {"incident_id": incident_id})
    return incident_id, [(by_unit[row["unit_id"]], row["alert_id"]) for row in alerts]


def _press(phone: Phone, alert_id: str, line: threading.Barrier) -> tuple[str, str | None]:
    line.wait()
    return _answer(phone, alert_id)


def _answer(phone: Phone, alert_id: str) -> tuple[str, str | None]:
    """Who was told what."""
    answer = phone.acknowledge(alert_id)
    assert answer.status_code == httpx.codes.OK, answer.text
    return phone.call_sign, answer.json()["role"]
