"""Who of the people at the desks is let in, and until when?"""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from outside import PASSWORD, password_hash
from sqlalchemy import select
from world import World

from service.auth.tokens import token_hash
from service.domain.errors import Code, DomainError
from service.operations import accounts, api_tokens, sessions
from service.operations.accounts import NewUser, SignedInUser, UserChange
from service.operations.administration import Operator
from service.operations.api_tokens import Wanted
from service.operations.credentials import Credential, still_valid
from service.operations.sessions import Attempt
from service.store import users
from service.store.api_tokens import Scope
from service.store.directory import Door
from service.store.tables import JOURNAL
from service.store.users import User, UserRole


@dataclass(slots=True)
class Office:
    """The people of the world's agency; its administrator does what is done to them."""

    world: World
    chief: User
    ann: User

    @property
    def by(self) -> Operator:
        return Operator(agency_id=self.world.agency_id, actor=f"user:{self.chief.user_id}", origin="203.0.113.7")

    def signs_in(self, user: User, password: str = PASSWORD) -> str:
        attempt = Attempt(email=user.email, password=password, origin="198.51.100.4")
        token, _ = sessions.sign_in(self.world.database, self.world.ports, attempt=attempt)
        return token

    def session(self, token: str) -> SignedInUser | None:
        return sessions.session_of(self.world.database, self.world.ports, token_hash(token))

    def program(self, user: User, *scopes: Scope, days: int = 30) -> str:
        owner = SignedInUser(agency_id=self.world.agency_id, user_id=user.user_id, role=user.role)
        wanted = Wanted(name="nightly report", scopes=frozenset(scopes or {Scope.READ}), days=days)
        token, _ = api_tokens.create_api_token(self.world.database, self.world.ports, user=owner, wanted=wanted)
        return token

    def user_of(self, token: str) -> SignedInUser | None:
        return api_tokens.user_of_token(self.world.database, self.world.ports, token_hash(token))

    def change(self, user: User, **change: Any) -> None:
        accounts.change_user(
            self.world.database, self.world.ports, by=self.by, user_id=user.user_id, change=UserChange(**change)
        )

    def record(self, *actions: str) -> list[dict[str, Any]]:
        """What the journal says of these actions, oldest first."""
        wanted = select(JOURNAL).where(JOURNAL.c.action.in_(actions)).order_by(JOURNAL.c.at, JOURNAL.c.entry_id)
        with self.world.database.transaction(self.world.agency_id) as tx:
            return [
                {"action": row.action, "actor": row.actor, "origin": row.origin} | row.details
                for row in tx.session.execute(wanted)
            ]


@pytest.fixture
def office(world: World) -> Office:
    people = (("chief@sfpd.test", UserRole.ADMINISTRATOR), ("ann@sfpd.test", UserRole.DISPATCHER))
    with world.database.transaction(world.agency_id) as tx:
        chief, ann = (
            users.add(tx, email=email, name=role, role=role, password_hash=password_hash(), now=world.clock.now())
            for email, role in people
        )
    return Office(world, chief, ann)


def test_a_disabled_dispatcher_is_out_at_once_and_cannot_come_back(office: Office) -> None:
    session, program = office.signs_in(office.ann), office.program(office.ann)
    office.change(office.ann, disabled=True)
    assert office.session(session) is None
    assert office.user_of(program) is None
    with pytest.raises(DomainError, match="E-mail or password is wrong"):
        office.signs_in(office.ann)
    assert ["disabled"] == [entry["reason"] for entry in office.record("sign_in_refused")]


def test_who_is_enabled_again_signs_in_as_before_but_old_sessions_and_tokens_stay_dead(office: Office) -> None:
    session, program = office.signs_in(office.ann), office.program(office.ann)
    office.change(office.ann, disabled=True)
    office.change(office.ann, disabled=False)
    assert office.session(office.signs_in(office.ann)) is not None
    assert office.session(session) is None
    assert office.user_of(program) is None


def test_disabling_and_enabling_twice_is_told_once(office: Office) -> None:
    for disabled in (True, True, False, False):
        office.change(office.ann, disabled=disabled)
    told = office.record("user_disabled", "user_enabled")
    assert ["user_disabled", "user_enabled"] == [entry["action"] for entry in told]
    assert {(f"user:{office.chief.user_id}", "203.0.113.7", str(office.ann.user_id))} == {
        (entry["actor"], entry["origin"], entry["user_id"]) for entry in told
    }


def test_another_password_ends_every_session_and_only_it_fits(office: Office) -> None:
    session = office.signs_in(office.ann)
    office.change(office.ann, password="another horse altogether")
    assert office.session(session) is None
    assert office.session(office.signs_in(office.ann, "another horse altogether")) is not None
    with pytest.raises(DomainError, match="E-mail or password is wrong"):
        office.signs_in(office.ann)


def test_a_password_that_was_replaced_while_it_was_tried_lets_nobody_in(office: Office) -> None:
    as_it_was = office.ann
    with office.world.database.transaction(office.world.agency_id) as tx:
        assert users.is_as_it_was(tx, as_it_was)
    office.change(office.ann, password="another horse altogether")
    with office.world.database.transaction(office.world.agency_id) as tx:
        assert not users.is_as_it_was(tx, as_it_was)


def test_a_new_role_holds_in_the_session_that_is_open(office: Office) -> None:
    session = office.signs_in(office.ann)
    office.change(office.ann, role=UserRole.AUDITOR)
    user = office.session(session)
    assert user is not None
    assert UserRole.AUDITOR is user.role
    [told] = office.record("role_changed")
    assert ("auditor", "dispatcher") == (told["role"], told["before"])


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": UserRole.DISPATCHER}])
def test_the_last_administrator_stays(office: Office, change: dict[str, Any]) -> None:
    with pytest.raises(DomainError) as refused:
        office.change(office.chief, **change)
    assert Code.ILLEGAL_MOVE is refused.value.code
    office.change(office.ann, role=UserRole.ADMINISTRATOR)
    office.change(office.chief, **change)


@pytest.mark.parametrize(
    "change", [{"disabled": True}, {"disabled": False}, {"role": UserRole.AUDITOR}, {"password": PASSWORD}]
)
def test_nobody_changes_who_is_not_there(office: Office, change: dict[str, Any]) -> None:
    with pytest.raises(DomainError) as refused:
        office.change(replace(office.ann, user_id=UUID(int=7)), **change)
    assert Code.NOT_FOUND is refused.value.code


def test_a_name_is_taken_in_all_agencies_at_once(office: Office) -> None:
    ann = NewUser(email=" ANN@sfpd.test", name="Ann", role=UserRole.AUDITOR, password=PASSWORD)
    with pytest.raises(DomainError) as refused:
        accounts.create_user(office.world.database, office.world.ports, by=office.by, user=ann)
    assert Code.ALREADY_EXISTS is refused.value.code


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "fourteen chars"}, "password"),
        ({"email": "ann"}, "email"),
        ({"email": "@sfpd.test"}, "email"),
        ({"email": "ann smith@sfpd.test"}, "email"),
        ({"name": " "}, "name"),
    ],
)
def test_an_account_that_nobody_could_use_well_is_refused_with_the_field(
    office: Office, change: dict[str, str], field: str
) -> None:
    fields = {"email": "bob@sfpd.test", "name": "Bob", "password": PASSWORD} | change
    with pytest.raises(DomainError) as refused:
        accounts.create_user(
            office.world.database, office.world.ports, by=office.by, user=NewUser(role=UserRole.AUDITOR, **fields)
        )
    assert [field] == list(refused.value.fields)


def test_the_journal_says_who_came_and_went_from_where_and_who_tried(office: Office) -> None:
    with pytest.raises(DomainError):
        office.signs_in(office.ann, "wrong")
    token = office.signs_in(office.ann)
    user = office.session(token)
    assert user is not None
    sessions.sign_out(office.world.database, office.world.ports, user=user)
    sessions.sign_out(office.world.database, office.world.ports, user=user)

    refused, came, went = office.record("sign_in_refused", "signed_in", "signed_out")
    assert (str(office.ann.user_id), "password", "198.51.100.4") == (
        refused["user_id"],
        refused["reason"],
        refused["origin"],
    )
    assert f"user:{office.ann.user_id}" == came["actor"] == went["actor"]
    assert came["session"] == went["session"]
    assert token not in str((refused, came, went))


def test_what_ends_a_session_or_a_token_is_seen_by_one_question_for_all(office: Office) -> None:
    shown = [office.session(office.signs_in(user)) for user in (office.ann, office.chief)]
    shown += [office.user_of(office.program(user)) for user in (office.ann, office.chief)]
    credentials = [user.credential for user in shown if user is not None and user.credential is not None]
    assert 4 == len(credentials)
    now = office.world.clock.now()
    assert set(credentials) == still_valid(office.world.database, credentials, now=now)
    office.change(office.ann, disabled=True)
    assert {credentials[1], credentials[3]} == still_valid(office.world.database, credentials, now=now)
    office.world.clock.advance(sessions.SESSION_LIFETIME.total_seconds())
    assert {credentials[3]} == still_valid(office.world.database, credentials, now=office.world.clock.now())


def test_old_sessions_do_not_pile_up(office: Office) -> None:
    old = office.signs_in(office.ann)
    office.world.clock.advance(sessions.SESSION_LIFETIME.total_seconds())
    office.signs_in(office.ann)
    credential = Credential(door=Door.SESSION_TOKEN, key=token_hash(old).hex(), name="without its end")
    assert set() == still_valid(office.world.database, [credential], now=office.world.clock.now())
