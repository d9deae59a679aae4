"""What does `demo.json` say? All that a script needs to use a running demo (DESIGN §8). Read and written here only."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

FILE_NAME = "demo.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    email: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKey:
    id: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedUnit:
    """`enrolment_code` is unused when the demo starts; it is for whoever reads the file."""

    id: str
    call_sign: str
    enrolment_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFile:
    """`units` in the order of their call signs."""

    base_url: str
    fcm_url: str
    agency_id: str
    source: SourceKey
    admin: Login
    dispatcher: Login
    units: Sequence[ListedUnit]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises FileNotFoundError, KeyError or ValueError for what is no such file."""
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            base_url=said["base_url"],
            fcm_url=said["fcm_url"],
            agency_id=said["agency_id"],
            source=SourceKey(**said["source"]),
            admin=Login(**said["admin"]),
            dispatcher=Login(**said["dispatcher"]),
            units=tuple(ListedUnit(**unit) for unit in said["units"]),
        )

    def write(self, path: Path) -> None:
        """All at once: whoever sees the file sees the whole of it. Only its owner can read it."""
        write_private(path, json.dumps(asdict(self), indent=1) + "\n")


def write_private(path: Path, text: str) -> None:
    """Replace a file by a whole new one that only its owner can read."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
