"""R1: a synchronous standby is promoted in the middle of it all, and nothing that was answered 202 is missing there.

Sensors post through it and repeat what was not answered. The primary is killed, the standby promoted by the script that
an administrator uses, and the API finds it by itself. In the long form the roles then change again.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from clusters import Cluster, a_cluster

from chaos.outside import Agency, Taken
from chaos.row import Row, Scale
from chaos.stand import Plan, Stand, Wish, standing

SENSORS = 4
BEFORE_S, BROKEN_S, AFTER_S = 4.0, 1.0, 4.0
"""So long with two servers, with none, and with one."""
ROLES = (("first", "second"), ("second", "first"))
"""Primary and standby, one after the other."""
FOUND_WITHIN_S = 5.0
"""The API's own part: from the promotion until a detection is answered 202. What nobody promises is only reported."""


def measure(scale: Scale) -> Row:
    roles = ROLES[:1] if scale.short else ROLES
    with _standing_on_two(scale) as (stand, cluster, agency):
        sensors = _Sensors(agency)
        found_s: list[float] = []
        with sensors.posting():
            for primary, standby in roles:
                if cluster.is_abandoned(standby):
                    cluster.forget(standby)
                    cluster.add_standby(standby, of=primary)
                found_s.append(_fail_over(cluster, sensors, primary=primary, standby=standby, scale=scale))
                stand.faults["PostgreSQL primary killed, standby promoted"] += 1
        kept = _kept(cluster, roles[-1][1])
    lost = {taken.detection_id for taken in sensors.taken} - kept
    return Row(
        promise="R1",
        what=f"a synchronous standby promoted: {len(sensors.taken):,} answered detections are all there",
        faults=dict(stand.faults),
        worst=f"{len(lost)} lost; a 202 again {max(found_s):.1f} s after the promotion",
        bound=f"0; {FOUND_WITHIN_S * scale.slack:g} s",
        holds=not lost and max(found_s) <= FOUND_WITHIN_S * scale.slack,
        note=", ".join(sorted(lost)[:3]),
    )


class _Sensors:
    """Several, each posting one detection after the other until it is answered."""

    def __init__(self, agency: Agency) -> None:
        self.taken: list[Taken] = []
        self._agency = agency
        self._stop = threading.Event()

    @contextmanager
    def posting(self) -> Iterator[None]:
        with ThreadPoolExecutor(SENSORS, thread_name_prefix="sensor") as threads:
            posting = [threads.submit(self._post) for _ in range(SENSORS)]
            try:
                yield
            finally:
                self._stop.set()
            for each in posting:
                each.result()

    def answered_after(self, moment: float) -> float | None:
        """How long after it the first was answered that was sent later."""
        return min((each.answered_at - moment for each in self.taken if each.answered_at > moment), default=None)

    def _post(self) -> None:
        place = self._agency.phones[0]
        while not self._stop.wait(0.02):
            self.taken.append(self._agency.hears(place.lat, place.lon))


def _fail_over(cluster: Cluster, sensors: _Sensors, *, primary: str, standby: str, scale: Scale) -> float:
    """Seconds from the promotion until a detection was answered 202."""
    part = 0.5 if scale.short else 1.0
    time.sleep(BEFORE_S * part)
    cluster.kill(primary)
    time.sleep(BROKEN_S)
    cluster.promote(standby)
    promoted_at = time.time()
    time.sleep(AFTER_S * part)
    while (found_s := sensors.answered_after(promoted_at)) is None:
        if time.time() - promoted_at > 60:
            return float("inf")
        time.sleep(0.05)
    return found_s


def _kept(cluster: Cluster, name: str) -> set[str]:
    with cluster.admin(name) as connection:
        return {row[0] for row in connection.execute("select detection_id from detections")}


@contextmanager
def _standing_on_two(scale: Scale) -> Iterator[tuple[Stand, Cluster, Agency]]:
    """The stand's own PostgreSQL is used by nobody."""
    with ExitStack() as stack:
        cluster = stack.enter_context(a_cluster())
        cluster.create("first")
        cluster.create_database("first")
        cluster.add_standby("second", of="first")
        plan = Plan(apis=1, workers=0 if scale.short else 1, settings={"DATABASE_URL": cluster.url("first", "second")})
        stand = stack.enter_context(standing(plan))
        yield stand, cluster, stand.found(Wish(units=4))[0]
