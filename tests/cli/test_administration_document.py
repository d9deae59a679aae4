"""docs/ADMINISTRATION.md, done: every command of it is run, in order, by a shell, on an installation that is real."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import httpx
import pytest
from commands import PATIENCE_S
from outside import a_body, an_enrolment

from service.auth.signatures import sign
from service.store.database import Database

DOCUMENT = Path(__file__).parents[2] / "docs" / "ADMINISTRATION.md"
BEATLINE = Path(sys.executable).with_name("beatline")
PASSWORD = "correct horse battery staple"
PLACE = {"lat": 37.737, "lon": -122.391}
pytestmark = pytest.mark.timeout(8 * PATIENCE_S)


class Terminal:
    """Runs the document's blocks of commands, one after the other, and remembers what was said."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self.blocks = re.findall(r"^```sh\n(.*?)^```$", DOCUMENT.read_text(), flags=re.MULTILINE | re.DOTALL)
        self.said: list[str] = []

    def run_until(self, last: str) -> str:
        """Up to the block that contains `last`; what that one said."""
        while self.blocks:
            block = self.blocks.pop(0)
            self.said.append(self._run(block))
            if last in block:
                return self.said[-1]
        raise AssertionError(f"the document has no command {last!r} any more")

    def _run(self, block: str) -> str:
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", block],
            cwd=self._folder,
            env=self._environment,
            input=PASSWORD + "\n",
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        assert 0 == done.returncode, f"{block}\n{done.stderr}"
        return done.stdout


@contextmanager
def serving(environment: dict[str, str], port: int) -> Iterator[None]:
    command = [str(BEATLINE), "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/readyz")
            yield
        finally:
            process.terminate()


def _wait_for(url: str) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends_at:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(f"{url} never answered")


def a_free_port() -> int:
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        port: int = asking.getsockname()[1]
    return port


def value_of(said: str, name: str) -> str:
    """Of what a command told line by line."""
    return next(line.split(maxsplit=1)[1] for line in said.splitlines() if line.split()[0] == name)


def hear_shots(url: str, database: Database, *, code: str, source: dict[str, str]) -> None:
    """The first phone comes on duty, and shots are heard beside it."""
    now = database.now().astimezone(UTC)
    enrolled = httpx.post(f"{url}/v1/enrolments", json=an_enrolment(code)).json()
    bearer = {"authorization": f"Bearer {enrolled['device_token']}"}
    httpx.put(f"{url}/v1/me/status", headers=bearer, json={"status": "available"}).raise_for_status()
    report = {"fixes": [PLACE | {"at": now.isoformat(), "accuracy_m": 5}]}
    httpx.post(f"{url}/v1/me/positions", headers=bearer, json=report).raise_for_status()
    text = json.dumps(a_body(occurred_at=now.isoformat()))
    headers = sign(text, secret=source["secret"], message_id="msg_1", now=now)
    heard = httpx.post(f"{url}/v1/sources/{source['source_id']}/detections", content=text, headers=headers)
    assert 202 == heard.status_code, heard.text


def test_every_command_of_the_document_does_what_it_says(
    database_url: str, admin_database_url: str, redis_url: str, tmp_path: Path
) -> None:
    port = a_free_port()
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "BEATLINE_DATABASE_URL": database_url,
        "BEATLINE_MIGRATION_DATABASE_URL": admin_database_url,
        "BEATLINE_REDIS_URL": redis_url,
        "BEATLINE_BASE_URL": url,
        "PATH": f"{BEATLINE.parent}{os.pathsep}{os.environ['PATH']}",
        "URL": url,
        "PASSWORD": PASSWORD,
    }
    terminal = Terminal(tmp_path, environment)
    made = terminal.run_until("beatline admin source create")
    source = {name: value_of(made, name) for name in ("source_id", "secret")}
    code = terminal.run_until("beatline admin code issue").split()[4]
    with closing(Database(database_url, pool_size=1)) as database, serving(environment, port):
        hear_shots(url, database, code=code, source=source)
        assert "1" == terminal.run_until("beatline admin unit list").splitlines()[2].split()[4]
        assert "1" == terminal.run_until("beatline admin source list").splitlines()[-1].split()[3]
        terminal.run_until("--request DELETE")
        assert "ann@bayview.example" in terminal.run_until("beatline admin user list")
        previewed: dict[str, Any] = json.loads(terminal.run_until("policies/preview"))
        assert ["3A12"] == [unit["call_sign"] for unit in previewed["levels"][0]["asked"]]
        rules = json.loads(terminal.run_until("--request PUT"))
        assert (3, None) == (rules["policy"]["units_per_level"], rules["retention"]["incidents_days"])
        rules = json.loads(terminal.run_until("--request PUT"))
        assert (3, 730) == (rules["policy"]["units_per_level"], rules["retention"]["incidents_days"])
    assert [] == terminal.blocks
