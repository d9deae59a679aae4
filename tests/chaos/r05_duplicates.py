"""R5: how often is the same message sent to the same phone again? Never without faults, once in a hundred with them.

The same message is the same (device, incident, sequence), by which Android and the web replace what they show: so a
second one is never seen as a second alert. Officers answer here, so that updates and recalls are among the messages.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from random import Random

from chaos.faults import raging
from chaos.handed import unsettled_pages
from chaos.officers import go
from chaos.outside import Agency, Taken
from chaos.row import Row, Scale
from chaos.stand import Delivery, Plan, Stand, Wish, standing

POLICY = {"acknowledgment_deadline_s": 20, "sirens_per_minute": 60, "siren_every_s": 1}
AT_MOST = 0.01
EVERY_S = 0.2
SETTLED_WITHIN_S = 120.0
_CLOSE = """
update incidents set state = 'closed', ended_at = now(), next_action_at = null where incident_id = %(incident_id)s
"""


def measure(scale: Scale) -> list[Row]:
    plan = Plan(apis=1, workers=1) if scale.short else Plan()
    calm_s, broken_s = (3.0, 8.0) if scale.short else (30.0, 150.0)
    luck = scale.luck()
    with standing(plan) as stand:
        wishes = [Wish(name=f"City {n}", units=49, middle=(37.0 + n, -122.0), policy=POLICY) for n in range(2)]
        calm, broken = stand.found(*wishes)
        _shots(stand, calm, calm_s, luck)
        sent = _settled(stand)
        rows = [_row("without faults", sent, {}, at_most=0.0)]
        with raging(stand, scale, targets=[phone.target for phone in broken.phones]):
            _shots(stand, broken, broken_s, luck)
        rows.append(_row("with faults", _settled(stand)[len(sent) :], stand.faults, at_most=AT_MOST * scale.slack))
    return rows


def _shots(stand: Stand, agency: Agency, for_s: float, luck: Random) -> None:
    """All over the city; for every other one a sensor hears more rounds; whoever rings goes, a second or two later."""
    over_s = time.monotonic() + for_s
    with ThreadPoolExecutor(32, thread_name_prefix="officers") as officers:
        going, places = [], cycle(luck.sample(agency.phones, k=len(agency.phones)))
        while time.monotonic() < over_s:
            where = next(places)
            taken = agency.hears(where.lat, where.lon)
            at_s = time.monotonic() + luck.uniform(0.6, 2.0)
            going.append(officers.submit(_go_and_close, stand, agency, taken, at_s))
            if luck.random() < 0.5:
                agency.hears(where.lat, where.lon, rounds=luck.randrange(7, 30))
            time.sleep(EVERY_S)
        for each in going:
            each.result()


def _go_and_close(stand: Stand, agency: Agency, taken: Taken, at_s: float) -> None:
    """Closed without a word, so that the next shots at this place are heard anew."""
    go(stand, agency, taken, at_s=at_s)
    stand.sql_again(_CLOSE, {"incident_id": taken.incident_id})


def _settled(stand: Stand) -> list[Delivery]:
    """What the push service has taken, once nothing waits any more."""
    stand.wait_for(lambda: not unsettled_pages(stand), timeout_s=SETTLED_WITHIN_S, what="the last page")
    return stand.deliveries()


def _row(when: str, sent: Sequence[Delivery], faults: Mapping[str, int], *, at_most: float) -> Row:
    kinds: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for each in sent:
        kinds[each.target, each.data["incident_id"], each.data["sequence"]].append(each.data["kind"])
    again = sum(len(told) - 1 for told in kinds.values())
    visible = sum(len(set(told)) - 1 for told in kinds.values())
    share = again / len(sent)
    return Row(
        promise="R5",
        what=f"duplicates {when}: {len(sent):,} messages to {len({each.target for each in sent})} phones",
        faults=dict(faults),
        worst=f"{again} sent again ({share:.2%}), {visible} of them visible",
        bound=f"≤ {at_most:.0%}, 0 visible",
        holds=share <= at_most and not visible,
    )
