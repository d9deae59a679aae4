"""What is the least that the same hops cost? A job that seeks 20 units and sends one message, in a warm SimpleWorker.

The floor of the row "202 → first message": no rows read, no lease, no lock, nothing settled. `python -m bench.bare`.
"""

import os
from collections.abc import Mapping
from functools import cache

import firebase_admin
from builders import PLACE
from firebase_admin import credentials, messaging
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

QUEUE = "bare"
JOB = "bench.bare.ring"
UNITS_KEY = "bench:bare"


def ring(target: str, said: Mapping[str, str]) -> None:
    """One message, as large as ours, after one look at who is around."""
    _redis().geosearch(UNITS_KEY, longitude=PLACE.lon, latitude=PLACE.lat, radius=8, unit="km", sort="ASC", count=20)
    android = messaging.AndroidConfig(priority="high", ttl=120, direct_boot_ok=True)
    messaging.send(messaging.Message(fid=target, data=dict(said), android=android))


@cache
def _redis() -> Redis:
    """One for all jobs: RQ imports this module a second time, by its name."""
    return Redis.from_url(os.environ["BEATLINE_REDIS_URL"])


def main() -> None:
    messaging._MessagingService.FCM_URL = os.environ["BEATLINE_FCM_URL"] + "/v1/projects/{0}/messages:send"
    firebase_admin.initialize_app(credentials.Certificate(os.environ["BEATLINE_FCM_CREDENTIALS_FILE"]))
    messaging.send(messaging.Message(fid="warm", data={"kind": "drill"}), dry_run=True)
    queue = Queue(QUEUE, connection=_redis(), serializer=JSONSerializer)
    worker = SimpleWorker([queue], connection=_redis(), serializer=JSONSerializer, log_job_description=False)
    worker.work(logging_level="WARNING")


if __name__ == "__main__":
    main()
