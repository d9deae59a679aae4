"""What do the officers do who ring? They say yes at a given moment, and are free again a little later."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from chaos.outside import Agency, Taken
from chaos.stand import Stand

ON_SCENE_S = 1.0
_LOOK_BEFORE_S = 0.5
_RINGING = """
select unit_id, alert_id::text from alerts
 where incident_id = %(incident_id)s and state in ('queued', 'sent', 'received')
"""


def go(stand: Stand, agency: Agency, taken: Taken, *, at_s: float) -> None:
    """Everybody who rings half a second before `at_s` (monotonic) acknowledges then, at once. Nobody is refused."""
    time.sleep(max(0.0, at_s - _LOOK_BEFORE_S - time.monotonic()))
    by_unit = {phone.unit_id: phone for phone in agency.phones}
    rows = stand.sql_again(_RINGING, {"incident_id": taken.incident_id})
    ringing = [(by_unit[row["unit_id"]], row["alert_id"]) for row in rows]
    time.sleep(max(0.0, at_s - time.monotonic()))
    with ThreadPoolExecutor(max(1, len(ringing))) as thumbs:
        answers = [thumbs.submit(phone.acknowledge, alert_id) for phone, alert_id in ringing]
    assert all(answer.result().status_code == httpx.codes.OK for answer in answers)
    time.sleep(ON_SCENE_S)
    for phone, alert_id in ringing:
        phone.call("POST", f"alerts/{alert_id}/progress", {"status": "clear"})
