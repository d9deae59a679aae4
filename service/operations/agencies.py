"""An agency: made by whoever is at the server, called and timed as its administrator says. Its rules: `policies`."""

from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.domain.errors import Code, DomainError, not_found
from service.domain.policy import Policy
from service.operations.administration import Administrator, Operator, a_name, acting
from service.ports import Ports
from service.store import agencies
from service.store.agencies import Agency
from service.store.database import Database
from service.store.ids import new_id


def create_agency(
    database: Database, ports: Ports, *, actor: str, name: str, timezone: str, policy: Policy | None = None
) -> UUID:
    """A new agency, under the default policy when none is given. `timezone` is an IANA name.

    Raises DomainError(invalid). Two agencies may bear the same name: they cannot know of each other.
    """
    named, zone = a_name(name, field="name"), a_timezone(timezone)
    by = Operator(agency_id=new_id(), actor=actor)
    with acting(database, ports, by=by) as act:
        agencies.add_agency(act.tx, name=named, timezone=zone, policy=policy or Policy(), now=act.now)
        act.record("agency_created", name=named, timezone=zone)
    return by.agency_id


def all_agencies(database: Database) -> list[Agency]:
    """Of this whole installation, oldest first: for whoever is at the server itself, never for a person at a desk."""
    found = []
    for agency_id in agencies.all_ids(database):
        with database.transaction(agency_id) as tx:
            found.append(agencies.agency(tx))
    return found


def show_agency(database: Database, *, agency_id: UUID) -> Agency:
    with database.transaction(agency_id) as tx:
        return agencies.agency(tx)


def change_agency(
    database: Database, ports: Ports, *, by: Administrator, name: str | None = None, timezone: str | None = None
) -> Agency:
    """What is None stays as it is; what is said again changes nothing. Raises DomainError(invalid)."""
    with acting(database, ports, by=by) as act:
        agency = agencies.lock(act.tx)
        if agency is None:
            raise not_found("agency")
        named = agency.name if name is None else a_name(name, field="name")
        zone = agency.timezone if timezone is None else a_timezone(timezone)
        if (named, zone) != (agency.name, agency.timezone):
            agencies.change(act.tx, name=named, timezone=zone)
            act.record("agency_changed", name=named, timezone=zone)
        return agencies.agency(act.tx)


def a_timezone(name: str) -> str:
    """Raises DomainError(invalid) when there is no time zone of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        reason = "must be the IANA name of a time zone, such as America/Los_Angeles"
        raise DomainError(Code.INVALID, f"The timezone {reason}.", fields={"timezone": reason}) from error
    return name
