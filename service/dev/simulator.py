"""Who lives in the simulated city, and what happens to them? A process of its own that knows `demo.json` and HTTP.

`python -m service.dev.simulator --demo D/demo.json [--pushes URL]`. Not for what one unit does (`patrol`), nor for
what is heard (`shots`).
"""

import argparse
import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import structlog

from service.dev.city import Car, Grid, luck_of
from service.dev.clients import Desk, Phone, Refused, Source
from service.dev.demo_file import DemoFile, ListedUnit
from service.dev.officers import Officer
from service.dev.patrol import Patrol
from service.dev.shots import Message, heard
from service.dev.watch import Watch

log = structlog.get_logger()

MODEL = "Simulated phone"
AVL_EVERY_S = 3.0
DEAD_PHONE_EVERY_S = 90.0
"""Somebody reinstalls the app: the push service no longer knows the phone, and the next unit is asked at once."""
