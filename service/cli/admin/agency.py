"""`beatline admin agency`: an agency is made here and nowhere else, listed, and renamed."""

from typing import Annotated

from cyclopts import App, Parameter

from service.cli.admin.office import Shown, Where, office, show, show_all
from service.operations import agencies

agency = App(name="agency", help="Police departments that this installation serves.")
_SHOWN = Shown()
_WHERE = Where()
AgencyName = Annotated[str, Parameter(help="What its people call it.")]
TimeZone = Annotated[str, Parameter(help="The IANA name of the time its officers read, such as America/Los_Angeles.")]


@agency.command
def create(name: AgencyName, /, *, timezone: TimeZone, shown: Shown = _SHOWN) -> None:
    """Make an agency, under the default policy."""
    with office() as here:
        agency_id = agencies.create_agency(here.database, here.ports, actor=here.actor, name=name, timezone=timezone)
        show({"agency_id": agency_id, "name": name, "timezone": timezone}, shown)


@agency.command(name="list")
def list_all(*, shown: Shown = _SHOWN) -> None:
    """Print every agency, oldest first."""
    with office() as here:
        found = agencies.all_agencies(here.database)
        show_all([{"agency_id": one.agency_id, "name": one.name, "timezone": one.timezone} for one in found], shown)


@agency.command
def rename(name: AgencyName, /, *, where: Where = _WHERE) -> None:
    """Call an agency something else."""
    with office() as here:
        changed = agencies.change_agency(here.database, here.ports, by=here.by(where), name=name)
        show({"agency_id": changed.agency_id, "name": changed.name}, where)
