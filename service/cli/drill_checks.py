"""What of an installation must be right for a page to reach a phone, besides the phone? Each is looked at.

What a drill itself shows of workers and clocks, which is more than their word, stands in its report.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from service.cli.admin.office import Office
from service.domain.alarms import Alarm
from service.domain.drill import Report
from service.domain.unit import Platform
from service.domain.vigilance import ProcessKind, living
from service.operations.alarms import standing_now
from service.ports import PositionsUnavailable
from service.settings import Environment, Settings
from service.store import heartbeats, migration
from service.store.database import Database
from service.store.revision import revision_of

PATIENCE_S = 2.0
_NOBODY = UUID(int=0)
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_SEEN_HERE = frozenset({Alarm.NO_WORKERS, Alarm.NO_CLOCK, Alarm.REDIS_AWAY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at. `advice` is what to do when it is not well, empty when it is."""

    name: str
    is_well: bool
    what: str
    advice: str = ""


def check_migrations(database: Database) -> Check:
    found, wanted = revision_of(database), migration.head()
    if found == wanted:
        return Check(name="migrations", is_well=True, what=f"The database is at {found}, as it should be.")
    what = f"The database is at {found or 'an older revision'}, and this version needs {wanted}."
    return Check(name="migrations", is_well=False, what=what, advice="Run `beatline migrate`.")


def check_installation(here: Office, settings: Settings, report: Report) -> Iterable[Check]:
    """After a drill, so that nothing of it waits for this."""
    yield _redis(here)
    yield from _processes(here)
    yield from _alarms(here)
    yield _push(settings)
    yield from _iphones(settings, report)
    yield _base_url(settings)


def _redis(here: Office) -> Check:
    """By a write, since a full Redis still answers reads."""
    try:
        here.ports.positions.rebuild(_NOBODY, {})
    except PositionsUnavailable:
        what = "Redis does not answer: pages still go out, by the clock, a second later."
        return Check(name="redis", is_well=False, what=what, advice="Start it, or mend BEATLINE_REDIS_URL.")
    return Check(name="redis", is_well=True, what="Redis answers.")


def _processes(here: Office) -> Iterable[Check]:
    clock = here.ports.clock
    alive = living(heartbeats.all_processes(here.database), now=clock.now(), second=clock.real(1.0))
    for kind, without in {
        ProcessKind.WORKER: "the clock sends pages, a second later",
        ProcessKind.CLOCK: "nobody asks the next unit when the first does not answer",
    }.items():
        count = sum(process.kind is kind for process in alive)
        if count:
            what = f"{count} {kind}{'s are' if count > 1 else ' is'} alive."
            yield Check(name=f"{kind}s", is_well=True, what=what)
        else:
            advice = "Start `beatline work`; look at its log."
            yield Check(name=f"{kind}s", is_well=False, what=f"No {kind} is alive: {without}.", advice=advice)


def _alarms(here: Office) -> Iterable[Check]:
    for standing in standing_now(here.database, here.ports):
        if standing.alarm not in _SEEN_HERE:
            what = f"{standing.about.title}: {standing.about.meaning}"
            yield Check(name=standing.alarm.value, is_well=False, what=what, advice="RUNBOOK.md says what to do.")


def _push(settings: Settings) -> Check:
    file = settings.fcm_credentials_file
    if file is None:
        what = "No push service is configured: only open pages ring."
        return Check(name="push", is_well=False, what=what, advice="Set BEATLINE_FCM_CREDENTIALS_FILE.")
    if settings.fcm_url is not None:
        what = f"Pushes go to {settings.fcm_url}, which is not Google."
        return Check(name="push", is_well=True, what=what)
    return Check(name="push", is_well=True, what="Pushes go to Google.")


def _iphones(settings: Settings, report: Report) -> Iterable[Check]:
    platforms = {phone.platform for unit in report.units for phone in unit.phones}
    if Platform.IOS in platforms and not settings.ios_critical_alerts:
        what = "iPhones that are muted or in a focus show an alert without a sound."
        advice = "Ask Apple for critical alerts, then set BEATLINE_IOS_CRITICAL_ALERTS."
        yield Check(name="iphones", is_well=False, what=what, advice=advice)


def _base_url(settings: Settings) -> Check:
    url = settings.base_url
    try:
        answer = httpx.get(f"{url.rstrip('/')}/readyz", timeout=PATIENCE_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        what = f"Nothing answers at {url} ({type(error).__name__})."
        return Check(
            name="base_url", is_well=False, what=what, advice="Start `beatline serve`, or set BEATLINE_BASE_URL."
        )
    if not answer.is_success:
        what = f"{url} answers {answer.status_code} when asked whether it is ready."
        return Check(name="base_url", is_well=False, what=what, advice="Look at the log of `beatline serve`.")
    if urlsplit(url).hostname in _HERE and settings.environment is not Environment.DEMO:
        what = f"{url} answers, but only this machine can reach it, and phones must."
        return Check(name="base_url", is_well=False, what=what, advice="Set BEATLINE_BASE_URL to what phones use.")
    return Check(name="base_url", is_well=True, what=f"{url} answers.")
