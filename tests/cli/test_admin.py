"""Whoever is at the server makes the first agency, user, source and unit by command, without touching SQL."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import PATIENCE_S, Said
from sqlalchemy import select

from service.auth.passwords import password_fits
from service.store import agencies, users
from service.store.database import Database
from service.store.tables import JOURNAL

BEATLINE = Path(sys.executable).with_name("beatline")
AGENCY = "agency create Bayview --timezone America/Los_Angeles"
ANN = "user create Ann@bayview.test --name Ann --role administrator"
PASSPHRASE = "correct horse battery staple"
Admin = Callable[..., list[Said]]
pytestmark = pytest.mark.timeout(3 * PATIENCE_S)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, pool_size=2)
    yield database
    database.close()


def test_the_installed_command_makes_the_first_agency(environment: dict[str, str], database: Database) -> None:
    command = [str(BEATLINE), "admin", "agency", "create", "Bayview", "--timezone", "America/Los_Angeles", "--json"]
    done = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
        stdin=subprocess.DEVNULL,
    )
    made = json.loads(done.stdout)
    assert {"name": "Bayview", "timezone": "America/Los_Angeles"} == {name: made[name] for name in ("name", "timezone")}
    assert [made["agency_id"]] == [str(agency_id) for agency_id in agencies.all_ids(database)]


def test_from_nothing_to_a_phone_s_code_without_sql(admin: Admin, database: Database) -> None:
    said = admin(
        AGENCY,
        f"{ANN} --generate --json",
        "source create Microphones --json",
        "unit create 3A12 3A14",
        "unit create 1S10 --kind supervisor",
        "code issue 3A12 3A14 --json",
        "unit list --json",
    )
    assert [0] * 7 == [one.code for one in said]
    assert [""] * 7 == [one.err for one in said]
    assert said[2].data["secret"].startswith("whsec_")
    assert ["3A12", "3A14"] == [one["call_sign"] for one in said[5].data]
    assert [("1S10", "supervisor"), ("3A12", "patrol"), ("3A14", "patrol")] == [
        (one["call_sign"], one["kind"]) for one in said[6].data
    ]
    [agency_id] = agencies.all_ids(database)
    with database.transaction(agency_id) as tx:
        ann = users.by_email(tx, "ann@bayview.test")
        actors = {row.actor for row in tx.session.execute(select(JOURNAL))}
    assert ann is not None
    assert password_fits(said[1].data["password"], ann.password_hash)
    [actor] = actors
    assert actor.startswith("admin:")


def test_a_password_may_come_as_a_line_of_standard_input(admin: Admin, database: Database) -> None:
    admin(AGENCY)
    [made] = admin(ANN, typed=PASSPHRASE + "\n")
    assert (0, "") == (made.code, made.err)
    assert PASSPHRASE not in made.out
    with database.transaction(agencies.all_ids(database)[0]) as tx:
        ann = users.by_email(tx, "ann@bayview.test")
    assert password_fits(PASSPHRASE, ann.password_hash if ann else None)


@pytest.mark.parametrize(
    ("typed", "ends"), [((PASSPHRASE, PASSPHRASE), 0), ((PASSPHRASE, PASSPHRASE + "r"), 1)], ids=["alike", "differing"]
)
def test_a_password_is_typed_twice_at_a_terminal_and_not_shown(
    admin: Admin, environment: dict[str, str], typed: tuple[str, str], ends: int
) -> None:
    admin(AGENCY)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [str(BEATLINE), "admin", *ANN.split()],
        env=environment,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # there is no other terminal that it could ask
    ) as process:
        assert process.stdout
        assert process.stderr
        for prompt, line in zip(("Password: ", "Once more: "), typed, strict=True):
            assert prompt == process.stderr.read(len(prompt))  # what is typed before it is thrown away
            os.write(ours, f"{line}\n".encode())
            assert "\n" == process.stderr.read(1)
        out, err = process.stdout.read(), process.stderr.read()
    for end in (ours, theirs):
        os.close(end)
    assert ends == process.returncode
    assert PASSPHRASE not in out + err
    if ends:
        assert "These were two different passwords; nothing was changed.\n" == err


def test_a_secret_is_replaced_in_two_steps(admin: Admin) -> None:
    said = admin(
        AGENCY,
        "source create Microphones",
        "source rotate Microphones --json",
        "source rotate Microphones",
        "source list --json",
        "source retire-secret Microphones",
        "source retire-secret Microphones",
        "source list --json",
    )
    assert [0, 0, 0, 1, 0, 0, 0, 0] == [one.code for one in said]
    assert "Retire the older one" in said[3].err
    assert [2, 1] == [one.data[0]["live_secrets"] for one in (said[4], said[7])]
    assert said[2].data["secret"] not in said[4].out


def test_somebody_is_shut_out_and_let_in_again_by_another_password(admin: Admin) -> None:
    said = admin(
        AGENCY,
        f"{ANN} --generate",
        "user create bob@bayview.test --name Bob --role dispatcher --generate",
        "user disable BOB@bayview.test --json",
        "user enable bob@bayview.test --json",
        "user password bob@bayview.test --generate --json",
        "user disable ann@bayview.test",
        "user list",
    )
    assert [0, 0, 0, 0, 0, 0, 1, 0] == [one.code for one in said]
    assert said[3].data["disabled_at"] is not None
    assert said[4].data["disabled_at"] is None
    assert 24 == len(said[5].data["password"])
    assert "This is the agency's last administrator. Make another one first.\n" == said[6].err
    assert ["email", "ann@bayview.test", "bob@bayview.test"] == [line.split()[1] for line in said[7].out.splitlines()]


def test_an_agency_and_a_unit_are_renamed(admin: Admin) -> None:
    said = admin(
        AGENCY,
        "agency rename Mission",
        "agency list --json",
        "unit create 3A12",
        "unit rename 3A12 3A99",
        "unit list --json",
    )
    assert [0] * 6 == [one.code for one in said]
    assert ["Mission"] == [one["name"] for one in said[2].data]
    assert ["3A99"] == [one["call_sign"] for one in said[5].data]


def test_which_agency_is_meant_must_be_clear(admin: Admin) -> None:
    said = admin(
        "unit list",
        AGENCY,
        "agency create Mission --timezone America/Denver --json",
        "unit list",
        "unit create 3A12 --agency Mission",
        "unit list --agency Bayview --json",
        "unit list --agency Nowhere",
    )
    assert [1, 0, 0, 1, 0, 0, 1] == [one.code for one in said]
    assert "There is no agency yet" in said[0].err
    assert "There are 2 agencies; say which with --agency: Bayview, Mission.\n" == said[3].err
    assert [] == said[5].data
    assert "There is no agency Nowhere.\n" == said[6].err
    [by_id] = admin(f"unit list --agency {said[2].data['agency_id']} --json")
    assert ["3A12"] == [one["call_sign"] for one in by_id.data]


REFUSALS = {
    "unit create 3A14 3A12": "There is a unit 3A12 already.",
    "unit create": "Say at least one call sign.",
    "unit rename 9Z99 3A14": "This agency has no unit 9Z99.",
    "code issue 3A12 9Z99": "This agency has no unit 9Z99.",
    "source create Microphones": "There is a source named Microphones already.",
    "source rotate Cameras": "This agency has no source Cameras.",
    f"{ANN} --generate": "Somebody signs in with this e-mail address already.",
    "user enable nobody@bayview.test": "Nobody of this agency signs in as nobody@bayview.test.",
    "agency rename ''": "The name must not be empty.",
    "agency create X --timezone M": "The timezone must be the IANA name of a time zone, such as America/Los_Angeles.",
}


def test_a_refusal_is_one_sentence_and_exit_code_1_and_changes_nothing(admin: Admin) -> None:
    first = (AGENCY, "unit create 3A12", "source create Microphones", f"{ANN} --generate")
    said = admin(*first, *REFUSALS, "unit list --json")
    for sentence, refused in zip(REFUSALS.values(), said[len(first) :], strict=False):
        assert (1, "", sentence + "\n") == (refused.code, refused.out, refused.err)
    assert ["3A12"] == [one["call_sign"] for one in said[-1].data]


def test_without_redis_an_agency_is_made_all_the_same(admin: Admin) -> None:
    [made] = admin(AGENCY, BEATLINE_REDIS_URL="redis://127.0.0.1:1")
    assert 0 == made.code
    assert {"redis_left"} >= {json.loads(line)["event"] for line in made.err.splitlines()}


def test_without_a_database_nothing_is_made_and_it_says_so(admin: Admin) -> None:
    [refused] = admin(AGENCY, BEATLINE_DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert (1, "") == (refused.code, refused.out)
    assert "The database is away" in refused.err


def test_a_superuser_is_refused(admin: Admin, admin_database_url: str) -> None:
    [refused] = admin(AGENCY, BEATLINE_DATABASE_URL=admin_database_url)
    assert 1 == refused.code
    assert "must name the role beatline_app" in refused.err
