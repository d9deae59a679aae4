"""The README's commands, pasted into a shell as they stand there, with the demo running that they ask for."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import pytest

pytestmark = pytest.mark.timeout(180)

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FOLDER = "/tmp/beatline"  # noqa: S108  what the README calls it


def commands(section: str) -> str:
    """The first block for a shell in this section."""
    found = re.search(rf"\n## {section}\n.*?```bash\n(.*?)```", README, flags=re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("readme") / "demo"
    command = [sys.executable, "-m", "service", "demo", "--data-dir", str(folder), "--no-simulation", "--units", "2"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as demo:
        deadline_s = time.monotonic() + 90
        while not (folder / "demo.json").exists():
            assert demo.poll() is None
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        yield folder
        demo.send_signal(signal.SIGTERM)
        demo.communicate(timeout=30)


@contextmanager
def pasted(script: str, folder: Path) -> Iterator[IO[str]]:
    """What the shell says; it and what it started end with the block."""
    command = ["/bin/bash", "-euc", script.replace(FOLDER, str(folder))]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as shell:
        assert shell.stdout is not None
        yield shell.stdout
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGTERM)


def test_your_first_webhook_and_watching_it_happen(demo_folder: Path) -> None:
    with pasted(commands("Watching it happen"), demo_folder) as watching:
        assert watching.readline() == "event: hello\n"

        with pasted(commands("Your first webhook"), demo_folder) as posting:
            answer = posting.read()
        assert answer.startswith("HTTP/1.1 202 Accepted")
        assert '"detection_id":"README-1"' in answer

        seen = ""
        while '"incident_opened"' not in seen:
            seen += watching.readline()
        assert "event: incident\n" in seen
