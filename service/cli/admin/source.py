"""`beatline admin source`: sensor networks and AVL feeds, and the secrets that they sign with."""

from typing import Annotated

from cyclopts import App, Parameter

from service.cli.admin.office import Office, Where, office, show, show_all
from service.domain.errors import Code, DomainError
from service.operations import sources
from service.store.sources import Source

source = App(name="source", help="Sensor networks and AVL feeds, and their secrets.")
_WHERE = Where()
Known = Annotated[str, Parameter(help="The source's name or id.")]


@source.command
def create(name: Annotated[str, Parameter(help="What dispatchers call it.")], /, *, where: Where = _WHERE) -> None:
    """Make a source and print its secret, this once."""
    with office() as here:
        made = sources.create_source(here.database, here.ports, by=here.by(where), name=name)
        show({"source_id": made.source_id, "name": name, "secret": made.secret}, where)


@source.command(name="list")
def list_all(*, where: Where = _WHERE) -> None:
    """Print every source and when it was last heard of; never a secret."""
    with office() as here:
        found = sources.list_sources(here.database, agency_id=here.agency(where).agency_id)
        show_all(
            [
                {
                    "source_id": one.source.source_id,
                    "name": one.source.name,
                    "live_secrets": len(one.source.secrets),
                    "last_detection_at": one.last_detection_at,
                    "last_positions_at": one.source.last_positions_at,
                    "disabled_at": one.source.disabled_at,
                }
                for one in found
            ],
            where,
        )


@source.command
def rotate(name: Known, /, *, where: Where = _WHERE) -> None:
    """Make a second secret and print it, this once. Both are live until the older one is retired."""
    with office() as here:
        found = _find(here, where, name)
        secret = sources.rotate_secret(here.database, here.ports, by=here.by(where), source_id=found.source_id)
        show({"source_id": found.source_id, "name": found.name, "secret": secret}, where)


@source.command
def retire_secret(name: Known, /, *, where: Where = _WHERE) -> None:
    """Let only the newest secret live. A second time does nothing."""
    with office() as here:
        found = _find(here, where, name)
        sources.retire_older_secret(here.database, here.ports, by=here.by(where), source_id=found.source_id)
        show({"source_id": found.source_id, "name": found.name, "live_secrets": 1}, where)


def _find(here: Office, where: Where, name: str) -> Source:
    for one in sources.list_sources(here.database, agency_id=here.agency(where).agency_id):
        if name in {one.source.name, str(one.source.source_id)}:
            return one.source
    raise DomainError(Code.NOT_FOUND, f"This agency has no source {name}.")
