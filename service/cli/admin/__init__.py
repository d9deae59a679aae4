"""How do the first agency, user, source and unit come into being? `beatline admin …`, by whoever is at the server.

Nobody signs in for these: who can read BEATLINE_DATABASE_URL is trusted, and is in the journal as "admin:" and the name
that the operating system has for them. What an agency's own administrator does from a desk is `/v1/admin`.
"""

from cyclopts import App

from service.cli.admin.agency import agency
from service.cli.admin.source import source
from service.cli.admin.unit import code, unit
from service.cli.admin.user import user

admin = App(name="admin", help="Agencies, users, sources, units and enrolment codes, without touching SQL.")
for _subject in (agency, user, source, unit, code):
    admin.command(_subject)
