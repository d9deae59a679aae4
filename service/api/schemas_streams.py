"""What do streams tell (`text/event-stream`), event by event? Each is drawn once, for everybody whom it is for.

The id of an event is a place in the journal: whoever comes back with it in `Last-Event-ID` misses nothing. The same may
be told twice, and says then what is so now: show what was told last.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel

from service.api.answers import AlertAnswer, IncidentSummary
from service.api.schemas_alarms import AlarmsAnswer
from service.api.schemas_incident import EntryShown, IncidentListed
from service.domain.alert import AlertState, Role
from service.domain.unit import Status, UnitKind
from service.operations.concerns import concerns_of
from service.operations.lookout import Picture
from service.operations.sights import AlertSight, IncidentSight, PageTold, Sight, TooMuch, UnitSight, WarningSight
from service.store.alerts import StoredAlert
from service.store.news import StoredEntry


class ChangeTold(EntryShown):
    """One line of an incident's timeline, each of which has an `entry_id` of its own."""

    entry_id: UUID

    @classmethod
    def of_entry(cls, entry: StoredEntry, names: Mapping[str, str]) -> Self:
        return cls(
            entry_id=entry.entry_id,
            at=entry.at,
            actor=entry.actor,
            name=names.get(entry.actor),
            action=entry.action,
            details=entry.details,
        )


class AlertBrief(BaseModel):
    """What a list of incidents shows of an alert; all of it is with the incident."""

    alert_id: UUID
    unit_id: UUID
    call_sign: str
    state: AlertState
    role: Role | None
    level: int
    distance_m: float | None
    deadline_at: datetime
    reason: str | None
    confirmed_at: datetime | None
    en_route_at: datetime | None
    on_scene_at: datetime | None
    cleared_at: datetime | None

    @classmethod
    def of(cls, stored: StoredAlert) -> Self:
        alert = stored.alert
        return cls(
            alert_id=alert.alert_id,
            unit_id=alert.unit_id,
            call_sign=alert.call_sign,
            state=alert.state,
            role=alert.role,
            level=alert.level,
            distance_m=alert.distance_m,
            deadline_at=alert.deadline_at,
            reason=stored.reason,
            confirmed_at=stored.confirmed_at,
            en_route_at=stored.en_route_at,
            on_scene_at=stored.on_scene_at,
            cleared_at=stored.cleared_at,
        )


class IncidentTold(BaseModel):
    """`incident` and `alerts` as they are now, all of them; `changes` are what happened, oldest first."""

    changes: list[ChangeTold]
    incident: IncidentListed
    alerts: list[AlertBrief]

    @classmethod
    def of(cls, sight: IncidentSight) -> Self:
        return cls(
            changes=[ChangeTold.of_entry(entry, sight.names) for entry in sight.entries],
            incident=IncidentListed.listed(sight.incident, concerns_of(sight.incident, sight.alerts)),
            alerts=[AlertBrief.of(alert) for alert in sight.alerts],
        )


class UnitTold(BaseModel):
    """As in the list of units, without where it is: a position is no news."""

    unit_id: UUID
    call_sign: str
    kind: UnitKind
    status: Status
    status_at: datetime
    incident_id: UUID | None
    has_device: bool


class PageBrief(BaseModel):
    """What a push for it would have said: to show this anew, and to ring for it when it is `loud`."""

    kind: str
    loud: bool
    reason: str

    @classmethod
    def of(cls, page: PageTold) -> Self:
        return cls(kind=page.kind, loud=page.loud, reason=page.reason)


class AlertTold(AlertAnswer):
    """An item of `GET /v1/me/alerts`. `page` is null when only facts have changed: nothing rings."""

    page: PageBrief | None


class WarningTold(BaseModel):
    """The unit is close to an incident that it is not asked to go to; no answer is wanted."""

    incident: IncidentSummary
    page: PageBrief


class HelloTold(BaseModel):
    """The stream begins. `now` is the server's time, for whoever counts down to a deadline."""

    now: datetime


class ResetTold(BaseModel):
    """More has happened than can be told: read the lists again. What comes after this event is told as always."""

    reason: str


class ReconnectTold(BaseModel):
    """The last event: connect again with `Last-Event-ID`."""

    reason: str


CONSOLE_EVENTS: Mapping[str, type[BaseModel]] = {
    "hello": HelloTold,
    "incident": IncidentTold,
    "unit": UnitTold,
    "alarms": AlarmsAnswer,
    "reset": ResetTold,
    "reconnect": ReconnectTold,
}
PHONE_EVENTS: Mapping[str, type[BaseModel]] = {
    "hello": HelloTold,
    "alert": AlertTold,
    "warning": WarningTold,
    "reset": ResetTold,
    "reconnect": ReconnectTold,
}
ALL_TOLD = tuple(dict.fromkeys([*CONSOLE_EVENTS.values(), *PHONE_EVENTS.values()]))
"""Models that no route declares to FastAPI: the document refers to them by name."""
RESET = ResetTold(reason="More has happened than can be told here.")
RECONNECT = ReconnectTold(reason="A stream lasts ten minutes at most, and ends with its server.")


def frame(event: str, told: BaseModel, *, event_id: UUID | None = None, retry_ms: int | None = None) -> bytes:
    """One event on the wire. Without an id the reader keeps the one it has."""
    return _frame(event, told.model_dump_json(), event_id=event_id, retry_ms=retry_ms)


def draw(sight: Sight) -> Picture:
    """Thread-safe: it is called where the database is read."""
    event, told = _told(sight)
    data = told.model_dump_json()
    # A page rings once; the next sight of the same alert has none, and is no news for that.
    shows = told.model_copy(update={"page": None}).model_dump_json() if isinstance(told, AlertTold) else data
    return Picture(whole=_frame(event, data, event_id=sight.entry_id), shows=shows.encode())


def _told(sight: Sight) -> tuple[str, BaseModel]:
    match sight:
        case IncidentSight():
            return "incident", IncidentTold.of(sight)
        case UnitSight():
            return "unit", UnitTold.model_validate(sight.unit, from_attributes=True)
        case AlertSight():
            page = PageBrief.of(sight.page) if sight.page else None
            return "alert", AlertTold(**AlertAnswer.of(sight.view).model_dump(), page=page)
        case WarningSight():
            incident = IncidentSummary.of_incident(sight.incident)
            return "warning", WarningTold(incident=incident, page=PageBrief.of(sight.page))
        case TooMuch():
            return "reset", RESET


def _frame(event: str, data: str, *, event_id: UUID | None, retry_ms: int | None = None) -> bytes:
    lines = [f"event: {event}", f"data: {data}"]
    lines += [f"id: {event_id}"] if event_id else []
    lines += [f"retry: {retry_ms}"] if retry_ms else []
    return "\n".join([*lines, "\n"]).encode()


def documented_events(events: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """The answer of a stream in the OpenAPI document: what one event holds, by its name."""
    kinds = [_documented_event(name, model) for name, model in events.items()]
    content = {"text/event-stream": {"itemSchema": {"oneOf": kinds}}}
    return {"description": "Events, for ten minutes at most.", "content": content}


def _documented_event(name: str, model: type[BaseModel]) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        "type": "object",
        "required": ["event", "data"],
        "properties": {
            "event": {"const": name},
            "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": reference},
            "id": {"type": "string", "format": "uuid"},
            "retry": {"type": "integer", "minimum": 0},
        },
    }
