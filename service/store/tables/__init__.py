"""The tables, as SQLModel classes that never leave `store`. Not for row-level security and roles: see migrations.

`agency_id` leads every primary and foreign key, so that one policy fits all tables and an agency can move away.
Words that a state table of the domain decides are text with a named CHECK; times are timestamptz.
"""

from sqlalchemy import Table
from sqlmodel import SQLModel

from service.store.tables import alerts, incidents, people, record, units, watch

METADATA = SQLModel.metadata
"""What migrations compare a database with."""


def _core(row: type[SQLModel]) -> Table:
    """What statements are written on: its columns are typed as columns, and its rows are plain tuples."""
    return METADATA.tables[str(row.__tablename__)]


AGENCIES = _core(people.AgencyRow)
DIRECTORY = _core(people.DirectoryRow)
USERS = _core(people.UserRow)
SESSIONS = _core(people.SessionRow)
API_TOKENS = _core(people.ApiTokenRow)
SIGN_IN_FAILURES = _core(people.SignInFailureRow)
SOURCES = _core(people.SourceRow)
UNITS = _core(units.UnitRow)
DEVICES = _core(units.DeviceRow)
ENROLMENT_CODES = _core(units.EnrolmentCodeRow)
FIXES = _core(units.FixRow)
TRAILS = _core(units.TrailRow)
INCIDENTS = _core(incidents.IncidentRow)
DRILLS = _core(incidents.DrillRow)
DETECTIONS = _core(incidents.DetectionRow)
SELECTIONS = _core(incidents.SelectionRow)
ALERTS = _core(alerts.AlertRow)
RECEIPTS = _core(alerts.ReceiptRow)
PAGES = _core(alerts.PageRow)
JOURNAL = _core(record.JournalRow)
CANARIES = _core(watch.CanaryRow)
