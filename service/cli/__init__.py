"""Which commands does Beatline have? Each is named by where it is and loaded when it is called.

So the parent of workers does not carry a web framework, and production does without what only the demo needs.
"""

from cyclopts import App

app = App(name="beatline", help="Turns a localized gunshot detection into ringing phones of the nearest patrol units.")
for _command, _help in {
    "service.cli.serving:serve": "Answer HTTP, and run a clock.",
    "service.cli.working:work": "Ring phones: RQ workers, and a clock.",
    "service.cli.admin:admin": "Agencies, users, sources, units and enrolment codes, without touching SQL.",
    "service.cli.drill:drill": "Ring a unit's phones before a shift, and say what is wrong.",
    "service.cli.journal:journal": "Check the journal, keep its heads, and carry it away.",
    "service.cli.papers:migrate": "Bring the database to a revision.",
    "service.cli.papers:openapi": "Print the OpenAPI document.",
    "service.cli.papers:access": "Print who may call what.",
    "service.cli.papers:settings": "Print what can be set by BEATLINE_… variables.",
    "service.dev.demo:demo": "Everything on this machine, and a city in which shots are heard.",
    "service.dev.replay:replay": "Play recorded detections and positions through the API.",
}.items():
    app.command(_command, help=_help)


def main() -> None:
    app()
