"""What does Beatline put on paper, or into the database, once? Migrations, the API, who may call what, the settings."""

import json
import sys

from service.api.access import ACCESS, Desks
from service.api.app import openapi_document
from service.cli.environment import settings_or_exit
from service.settings import Settings
from service.store import migration

_ABOUT_ACCESS = """\
Made by `beatline access` of the table in `service/api/access.py`, which decides: what is not in it, nobody may.
An API token does what its owner's role may, as far as its scopes go; a session does all that the role may."""


def migrate(*, revision: str = "head") -> None:
    """Bring the database to a revision, as the role that owns its tables (BEATLINE_MIGRATION_DATABASE_URL).

    Parameters
    ----------
    revision
        A revision of `migrations/`; a second run does nothing.

    """
    settings = settings_or_exit()
    migration.upgrade((settings.migration_database_url or settings.database_url).get_secret_value(), revision)


def openapi() -> None:
    """Print the OpenAPI document, as it is committed in `openapi/openapi.json`."""
    sys.stdout.write(json.dumps(openapi_document(), indent=2, ensure_ascii=False) + "\n")


def access() -> None:
    """Print who may call what, as it is committed in `docs/ACCESS.md`."""
    sys.stdout.write(access_table())


def access_table() -> str:
    """In the order of the table in the code: what belongs together stands together."""
    calls = {
        operation["operationId"]: f"{method.upper()} {path}"
        for path, methods in openapi_document()["paths"].items()
        for method, operation in methods.items()
    }
    rows = ["| call | operation | who | scope of an API token |", "|---|---|---|---|"]
    for operation, row in ACCESS.items():
        who, scope = (", ".join(row.roles), row.scope or "none will do") if isinstance(row, Desks) else (row, "")
        rows.append(f"| `{calls[operation]}` | {operation} | {who} | {scope} |")
    return "\n".join(["# Who may call what", "", _ABOUT_ACCESS, "", *rows]) + "\n"


def settings() -> None:
    """Print what can be set by BEATLINE_… variables, as a table in Markdown."""
    sys.stdout.write(settings_table())


def settings_table() -> str:
    rows = ["| variable | default | |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "required" if field.is_required() else f"`{field.default}`"
        rows.append(f"| `BEATLINE_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"
