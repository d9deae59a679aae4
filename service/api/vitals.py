"""What does Prometheus read of the whole installation? Figures of `operations.vitals`, named, with their units.

The same from every API process; a graph takes the maximum. What a name is used for: docker/grafana, docker/prometheus.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from service.domain.alarms import ABOUT, Alarm
from service.domain.alert import PageState
from service.domain.incident import LIVING
from service.domain.vigilance import Finding, ProcessKind
from service.operations.vitals import Answer, Figures, Vitals
from service.store.auditing import QUANTILES


class Patient(Collector):
    """One scrape of it. While the database is away, that is all that is known."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def collect(self) -> Iterable[Metric]:
        yield _gauge("database_up", "1 while PostgreSQL can be written to.", float(self._answer.is_up))
        vitals = self._answer.vitals
        if vitals is None:
            return
        yield from _of_the_installation(vitals)
        yield from _of_the_canary(vitals)
        if vitals.figures is not None:
            yield from _of_the_promises(vitals.figures, now=vitals.now)


def _of_the_installation(vitals: Vitals) -> Iterator[Metric]:
    yield _gauge("database_answer_seconds", "How long PostgreSQL took to tell these figures.", vitals.took_s)
    alarm = GaugeMetricFamily("beatline_alarm", "1 while the alarm stands.", labels=["alarm", "severity"])
    standing = {each.alarm for each in vitals.standing}
    for name in Alarm:
        alarm.add_metric([name, ABOUT[name].severity], float(name in standing))
    yield alarm
    alive = Counter(process.kind for process in vitals.processes)
    yield _by("processes", "Processes that are alive.", "kind", {kind: alive[kind] for kind in ProcessKind})
    found = [process.condition for process in vitals.processes]
    push_up = not any(each.push_down_since for each in found)
    yield _gauge("push_up", "0 when a process finds the push service away.", float(push_up))
    redis_up = not any(each.redis_away_since for each in found)
    yield _gauge("redis_up", "0 when a process cannot reach Redis.", float(redis_up))


def _of_the_promises(figures: Figures, *, now: datetime) -> Iterator[Metric]:
    signs = figures.signs
    living = {state: signs.living_incidents.get(state, 0) for state in sorted(LIVING)}
    yield _by("living_incidents", "Incidents that are not over.", "state", living)
    lately = {state: signs.pages.get(state, 0) for state in PageState}
    yield _by("pages_lately", "Pages of the last five minutes.", "state", lately)
    yield _gauge("pages_waiting", "Pages that are not settled.", signs.pages_waiting)
    yield _gauge("pages_repeated_lately", "Pages of the last five minutes tried twice or more.", signs.pages_repeated)
    yield _gauge("pages_refused_lately", "Pages of the last five minutes refused by our fault.", signs.pages_refused)
    yield _gauge("pages_rung_lately", "Pages of the last five minutes that sounded.", signs.pages_rung)
    yield _gauge(
        "pages_hushed_lately", "Pages of the last five minutes that a siren before hushed.", signs.pages_hushed
    )
    yield _quantiles("page_delay_seconds", "From queued to handed over, last five minutes.", signs.page_delays_s)
    yield _quantiles("escalation_delay_seconds", "After the deadline, last five minutes.", signs.escalation_delays_s)
    waited_s = (now - signs.unsealed_since).total_seconds() if signs.unsealed_since else 0.0
    yield _gauge("journal_unsealed_seconds", "Age of the oldest entry without a seal.", max(0.0, waited_s))
    neglected = {finding: figures.neglected.get(finding, 0) for finding in Finding}
    yield _by("neglected_rows", "Rows that nobody looks at, or not in time.", "finding", neglected)


def _of_the_canary(vitals: Vitals) -> Iterator[Metric]:
    canary = vitals.canary
    if canary is None:
        return
    age_s = max(0.0, (vitals.now - canary.silent_since).total_seconds())
    yield _gauge("canary_age_seconds", "How long no test alert has arrived.", age_s)
    if canary.took_s is not None:
        yield _gauge("canary_took_seconds", "How long the last test alert took to the push service.", canary.took_s)


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"beatline_{name}", about, value=value)


def _by(name: str, about: str, label: str, values: Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(f"beatline_{name}", about, labels=[label])
    for word, value in values.items():
        family.add_metric([str(word)], value)
    return family


def _quantiles(name: str, about: str, values: Sequence[float]) -> Metric:
    return _by(name, about, "quantile", dict(zip(QUANTILES, values, strict=False)))
