"""R9: after an outage the newest is handed over first, and what is older than 120 s is shown as late, not rung.

Everybody who sends is hung: the worker and the API's own clock. Shots go on being accepted; then the senders wake up.
What is looked at is what had waited, the first page of each incident. Whoever is asked afterwards, because nobody has
answered for minutes, is rung as always.
"""

import time
from collections.abc import Mapping, Sequence

from chaos.outside import Agency, Phone, Taken
from chaos.row import Row, Scale
from chaos.stand import Delivery, Plan, Stand, Wish, standing

OLD, RECENT = 12, 8
SENDERS = ("worker-1", "clock-1")
SETTLED_WITHIN_S = 30.0
NEWEST_WITHIN_S = 2.0
LIFETIME_S = 120
SHORT_LIFETIME_S = 8
"""The policy's, in the short form: the rule is the same, the wait is not."""
ONE_UNIT_A_SHOT = {"units_per_level": 1, "acknowledgments_needed": 1, "warning_radius_m": 0}


def measure(scale: Scale) -> Row:
    lifetime_s = SHORT_LIFETIME_S if scale.short else LIFETIME_S
    deadlines = {"acknowledgment_deadline_s": SHORT_LIFETIME_S, "page_lifetime_s": SHORT_LIFETIME_S}
    policy = ONE_UNIT_A_SHOT | (deadlines if scale.short else {})
    with standing(Plan(apis=1, workers=1)) as stand:
        (agency,) = stand.found(Wish(units=OLD + RECENT, spacing_m=1_500, policy=policy))
        for sender in SENDERS:
            stand.stop(sender)
        old = _shots_at(agency, agency.phones[:OLD])
        time.sleep(lifetime_s + 1)
        agency.report_positions()
        recent = _shots_at(agency, agency.phones[OLD:])
        woken_at = time.time()
        for sender in SENDERS:
            stand.cont(sender)
        handed = _first_pages(stand, [*old, *recent])
        return _row(stand, handed, old, recent, woken_at=woken_at, bound_s=NEWEST_WITHIN_S * scale.slack)


def _shots_at(agency: Agency, phones: Sequence[Phone]) -> list[Taken]:
    """One after the other, each where a unit stands, which is asked."""
    return [agency.hears(phone.lat, phone.lon) for phone in phones]


def _first_pages(stand: Stand, shots: Sequence[Taken]) -> Mapping[str, Delivery]:
    """What had waited of each incident, once it was handed over."""
    wanted = {str(shot.incident_id) for shot in shots}

    def handed() -> dict[str, Delivery]:
        first = [each for each in stand.deliveries() if each.data["sequence"] == "1"]
        return {each.data["incident_id"]: each for each in first if each.data["incident_id"] in wanted}

    stand.wait_for(lambda: len(handed()) == len(wanted), timeout_s=SETTLED_WITHIN_S, what="what had waited")
    return handed()


def _row(
    stand: Stand,
    handed: Mapping[str, Delivery],
    old: Sequence[Taken],
    recent: Sequence[Taken],
    *,
    woken_at: float,
    bound_s: float,
) -> Row:
    late = [handed[str(shot.incident_id)] for shot in old]
    fresh = [handed[str(shot.incident_id)] for shot in recent]
    rung_late = [each for each in late if not (each.data["kind"] == "digest" and each.data.get("silent") == "true")]
    hushed = [each for each in fresh if each.data["kind"] != "alert"]
    newest_s = max(each.received_at for each in fresh) - woken_at
    before = sum(each.received_at < min(one.received_at for one in fresh) for each in late)
    return Row(
        promise="R9",
        what=f"a backlog of {len(late)} late and {len(fresh)} recent alerts: newest first, late ones are not rung",
        faults=dict(stand.faults),
        worst=f"{len(rung_late)} late ones rung, {len(hushed)} recent ones not rung, recent ones handed over within "
        f"{newest_s:.2f} s, {before} late ones before them",
        bound=f"0, 0, ≤ {bound_s:g} s",
        holds=not rung_late and not hushed and newest_s <= bound_s,
    )
