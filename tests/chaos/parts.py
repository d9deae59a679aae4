"""What is each process of a stand: its command, what it is told, and of which release's code? Not for when it runs."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaos.plan import ROOT, Plan, Wish
from chaos.processes import Program
from chaos.servers import Servers

PUSH = "push"
# Some shells forbid Python to keep what it has compiled; a dozen processes would compile everything each.
_FOREIGN = ("BEATLINE_", "PYTHONDONTWRITEBYTECODE")


class StandFailed(Exception):
    """Something did not start; the message has the end of its log."""


def kind_of(name: str) -> str:
    """`lone-clock` of `lone-clock-1`."""
    return name.rstrip("0123456789").rstrip("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """`ports` are the APIs' by name; logs and credentials are in `home`."""

    plan: Plan
    servers: Servers
    ports: Mapping[str, int]
    fcm_url: str
    home: Path

    @property
    def credentials(self) -> Path:
        return self.home / "push-credentials.json"

    def program(self, name: str, code: Path | None = None) -> Program:
        """What runs under this name; `code` is another release's than the planned one."""
        # Whatever release is tried, the world outside is the same.
        folder = ROOT if name == PUSH else code or self.plan.code
        modules: dict[str, Sequence[str]] = {
            "api": ("service", "serve", "--host", "127.0.0.1", "--port", str(self.ports.get(name))),
            "worker": ("workers.worker",),
            "lone-clock": ("workers.clock",),
            PUSH: ("service.dev.fcm_standin", "--port", self.fcm_url.rpartition(":")[2]),
        }
        return Program(
            command=[sys.executable, "-m", *modules[kind_of(name)]],
            folder=folder,
            environment=self.environment(folder),
            log=self.home / f"{name}.log",
        )

    def environment(self, code: Path | None = None) -> dict[str, str]:
        """What every process of Beatline here is told."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        ours = {
            "ENVIRONMENT": "demo",
            "DATABASE_URL": self.servers.app_url,
            "MIGRATION_DATABASE_URL": self.servers.admin_url,
            "REDIS_URL": self.servers.redis_url,
            "BASE_URL": f"http://127.0.0.1:{next(iter(self.ports.values()))}",
            "FCM_CREDENTIALS_FILE": str(self.credentials),
            "FCM_URL": self.fcm_url,
            **self.plan.settings,
        }
        path = f"{code or self.plan.code}:{ROOT / 'tests'}"
        return {**own, "PYTHONPATH": path, **{f"BEATLINE_{name}": value for name, value in ours.items()}}

    def migrate(self, code: Path | None = None) -> None:
        """`beatline migrate` of that code, as the tables' owner."""
        self._run("service", "migrate", code=code)

    def found(self, wishes: Sequence[Wish]) -> list[dict[str, Any]]:
        """What `founding` made, by the planned code."""
        made: list[dict[str, Any]] = json.loads(
            self._run("chaos.founding", told=json.dumps([wish.as_json() for wish in wishes]))
        )
        return made

    def _run(self, module: str, *arguments: str, code: Path | None = None, told: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=code or self.plan.code,
            env=self.environment(code),
            input=told,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StandFailed(f"{module} {' '.join(arguments)} failed: {done.stderr[-3_000:]}")
        return done.stdout
