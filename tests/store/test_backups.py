"""A backup is worth what its drill says: restored into an empty server, journals are followed and rows counted."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import psycopg
import pytest
from clusters import DATABASE, SCRIPTS, Cluster
from fake_clock import FrozenClock
from fake_feed import FakeFeed
from fake_positions import FakePositions
from fake_push import FakePush
from outside import IdleWorkers

from service.dev.embedded_postgres import SUPERUSER
from service.domain.policy import Policy
from service.operations import registry
from service.operations.sealing import seal_due
from service.ports import Ports
from service.store.database import Database

ROOT = Path(__file__).parents[2]
TWO_CHAINS = 2


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who makes backups of the server `first` and tries them, as an administrator does at a shell."""

    cluster: Cluster
    folder: Path

    def run(self, script: str, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        told = {
            "PYTHONPATH": str(ROOT),
            "BEATLINE": f"{sys.executable} -m service",
            "BEATLINE_DATABASE_URL": self.cluster.url("first"),
            "BEATLINE_REDIS_URL": "redis://nowhere",
            "PGUSER": "beatline_backup",
        }
        return self.cluster.script(f"backup/{script}", *arguments, at="first", **(told | environment))

    def backed_up(self, script: str, name: str) -> Path:
        """A backup of that name; it is there for whoever asks later, too."""
        backup = self.folder / name
        if not backup.exists():
            done = self.run(script, backup)
            assert done.returncode == 0, done.stderr
        return backup


@pytest.fixture(scope="module")
def keeper(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keeper]:
    """The server has two agencies with sealed journals, and the role that backups are made as."""
    where = (f"--host={cluster.socket_dir('first')}", f"--username={SUPERUSER}")
    role = f"--file={SCRIPTS / 'backup' / 'role.sql'}"
    cluster.run("psql", *where, "--quiet", "--set=password=x", role, DATABASE).check_returncode()
    database = Database(cluster.url("first"), pool_size=2)
    clock = FrozenClock(database.now())
    positions = FakePositions(clock=clock)
    ports = Ports(push=FakePush(), positions=positions, jobs=IdleWorkers(), feed=FakeFeed(), clock=clock)
    for name in ("Bayview", "Oceanside"):
        agency_id = registry.create_agency(database, ports, name=name, timezone="America/Los_Angeles", policy=Policy())
        for number in range(5):
            registry.create_unit(database, ports, agency_id=agency_id, call_sign=f"3A{number}")
    seal_due(database, ports)
    database.close()
    yield Keeper(cluster, tmp_path_factory.mktemp("backups"))
    with cluster.admin("first") as connection:
        connection.execute("drop owned by beatline_backup")
        connection.execute("drop role beatline_backup")


def _said(drill: subprocess.CompletedProcess[str]) -> str:
    return drill.stdout + drill.stderr


@pytest.mark.parametrize("script", ["dump.sh", "base.sh"])
def test_a_backup_is_restored_into_an_empty_server_with_every_journal_whole(keeper: Keeper, script: str) -> None:
    drill = keeper.run("drill.sh", keeper.backed_up(script, script))
    assert 0 == drill.returncode, _said(drill)
    assert TWO_CHAINS == drill.stdout.count("nothing is wrong")
    assert "The drill passed" in drill.stdout


def test_a_dump_holds_every_agency_s_rows_although_row_level_security_is_forced(keeper: Keeper) -> None:
    counts = (keeper.backed_up("dump.sh", "dump.sh") / "counts").read_text().splitlines()
    assert "units|10" in counts


def test_who_is_held_by_row_level_security_makes_no_backup_rather_than_an_empty_one(keeper: Keeper) -> None:
    dump = keeper.run("dump.sh", keeper.folder / "by the app", PGUSER="beatline_app")
    assert 0 != dump.returncode
    assert not (keeper.folder / "by the app").exists()


def test_a_backup_is_never_written_over_another(keeper: Keeper) -> None:
    assert 0 != keeper.run("dump.sh", keeper.backed_up("dump.sh", "dump.sh")).returncode


def _tampered(keeper: Keeper, name: str, change: str) -> Path:
    """The backup of a database in which somebody who owns it has changed something, with the true one's heads."""
    true = keeper.backed_up("dump.sh", "dump.sh")
    with keeper.cluster.admin("first") as connection:
        connection.execute(f"create database {name} template {DATABASE}".encode())
    with psycopg.connect(host=str(keeper.cluster.socket_dir("first")), user=SUPERUSER, dbname=name) as connection:
        connection.execute("set session_replication_role = replica")  # no trigger notices anything
        connection.execute(change.encode())
    forged = keeper.folder / name
    done = keeper.run("dump.sh", forged, PGDATABASE=name, BEATLINE_DATABASE_URL="")
    assert done.returncode == 0, done.stderr
    with keeper.cluster.admin("first") as connection:
        connection.execute(f"drop database {name}".encode())
    (forged / "counts").write_text((true / "counts").read_text())
    return forged


def test_a_dump_in_which_an_entry_was_changed_does_not_pass_the_drill(keeper: Keeper) -> None:
    forged = _tampered(keeper, "altered", "update journal set actor = 'nobody' where number = 3")
    drill = keeper.run("drill.sh", forged, keeper.backed_up("dump.sh", "dump.sh") / "heads.jsonl")
    assert 1 == drill.returncode
    assert "altered" in _said(drill)
    assert "THE DRILL FAILED: a journal is not as it was written" in drill.stderr


def test_a_dump_whose_last_entries_are_gone_does_not_pass_the_drill(keeper: Keeper) -> None:
    forged = _tampered(keeper, "cut", "delete from journal where number > 4")
    (forged / "counts").unlink()
    drill = keeper.run("drill.sh", forged, keeper.backed_up("dump.sh", "dump.sh") / "heads.jsonl")
    assert 1 == drill.returncode
    assert "cut" in _said(drill)


def test_a_dump_without_some_rows_does_not_pass_the_drill(keeper: Keeper) -> None:
    forged = _tampered(keeper, "fewer", "delete from units where call_sign = '3A1'")
    drill = keeper.run("drill.sh", forged, keeper.backed_up("dump.sh", "dump.sh") / "heads.jsonl")
    assert 1 == drill.returncode
    assert "other numbers of rows" in drill.stderr


def test_a_copied_server_in_which_one_byte_differs_does_not_pass_the_drill(keeper: Keeper) -> None:
    forged = keeper.folder / "one byte"
    copytree(keeper.backed_up("base.sh", "base.sh"), forged)
    largest = max((each for each in (forged / "base" / "base").rglob("*") if each.is_file()), key=os.path.getsize)
    with largest.open("r+b") as file:
        file.seek(5_000)
        byte = file.read(1)
        file.seek(5_000)
        file.write(bytes([byte[0] ^ 1]))
    drill = keeper.run("drill.sh", forged)
    assert 1 == drill.returncode
    assert "files are not what the manifest says" in drill.stderr


def test_without_a_head_that_was_kept_nobody_says_that_a_backup_is_whole(keeper: Keeper) -> None:
    drill = keeper.run("drill.sh", keeper.backed_up("dump.sh", "dump.sh"), keeper.folder / "no such heads")
    assert 1 == drill.returncode
    assert "nobody can say" in drill.stderr
