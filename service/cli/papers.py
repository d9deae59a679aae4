"""What does Beatline put on paper, or into the database, once? Migrations, the OpenAPI document, the settings table."""

import json
import sys

from service.api.app import openapi_document
from service.cli.environment import settings_or_exit
from service.settings import Settings
from service.store import migration


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


def settings() -> None:
    """Print what can be set by BEATLINE_… variables, as a table in Markdown."""
    sys.stdout.write(settings_table())


def settings_table() -> str:
    rows = ["| variable | default | |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "required" if field.is_required() else f"`{field.default}`"
        rows.append(f"| `BEATLINE_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"
