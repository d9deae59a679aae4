"""One phone rung through the real adapter and a stand-in for Google, and how it went: what the tests of FCM share."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from builders import NOW, a_notice
from fake_clock import FrozenClock, HostClock

from service.adapters.fcm import Fcm
from service.dev.fcm_standin import FcmStandin, write_credentials
from service.domain.unit import Platform, PushKind, PushTarget
from service.ports import NotSent, Sent

AT_ONCE_S = 2.0
"""Longer than anything takes that waits for nobody, and shorter than anything that does."""
LEASE_S = 4.0
"""When another worker takes a page over; a send promises three seconds, and these two cores are shared."""


def a_phone(name: str) -> PushTarget:
    return PushTarget(kind=PushKind.FCM_FID, value=name)


def ring(fcm: Fcm, phone: str = "phone", *, platform: Platform = Platform.ANDROID) -> Sent | NotSent:
    return fcm.send(a_notice(), target=a_phone(phone), platform=platform)


def ring_all(fcm: Fcm, phones: Sequence[str]) -> list[Sent | NotSent]:
    with ThreadPoolExecutor(len(phones)) as pool:
        return list(pool.map(lambda phone: ring(fcm, phone), phones))


def failure(answer: Sent | NotSent) -> NotSent:
    assert isinstance(answer, NotSent)
    return answer


@contextmanager
def a_sender(folder: Path, endpoint: str, *, threads: int = 4) -> Iterator[Fcm]:
    """A sender that gets its token and sends its messages there."""
    file = folder / "credentials.json"
    write_credentials(file, endpoint)
    with closing(Fcm(file, clock=FrozenClock(NOW), world_clock=HostClock(), endpoint=endpoint, threads=threads)) as fcm:
        yield fcm


@contextmanager
def a_pair(folder: Path, *, threads: int = 4) -> Iterator[tuple[Fcm, FcmStandin]]:
    """A sender and a push service of its own."""
    with FcmStandin() as google, a_sender(folder, google.url, threads=threads) as fcm:
        yield fcm, google
