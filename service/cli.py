"""Which commands does Beatline have? Thin: each command reads its flags and hands on to whoever knows.

`demo` and `replay` are named by where they are, so that production does without what only they need.
"""

import gc
import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from cyclopts import App, Parameter

from service import runtime
from service.api.app import create_app, openapi_document
from service.dev.children import Children, told_to_stop

GRACE_S = 8
"""How long a request or a stream may go on after SIGTERM; orchestrators kill after ten seconds or more."""

app = App(
    name="beatline",
    help="Turns a localized gunshot detection into ringing phones of the nearest patrol units.",
)
app.command(
    "service.dev.demo:demo",
    help="Everything on this machine: stores, API, workers, a push service, and a city in which shots are heard.",
)
app.command(
    "service.dev.replay:replay",
    help="Play recorded detections and positions through the API, and print the time of every stage.",
)
