"""What is sent to sign in, and to give a program a token of its own; and what is shown of these tokens?"""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field

from service.api.fields import Days, Line, Name, Secret
from service.store.api_tokens import ApiToken, Scope
from service.store.users import UserRole


class SessionBody(BaseModel):
    email: Line
    password: Secret


class SessionShown(BaseModel):
    """Who is at the desk. `may` are the operations that they may do, by the operationIds of this document."""

    user_id: UUID
    name: str
    role: UserRole
    may: list[str]


class ApiTokenBody(BaseModel):
    """`name` tells an administrator what it is for; `days` how long it lives."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    days: Days


class ApiTokenShown(BaseModel):
    """Never the token itself. `last_used_at` is right to a minute."""

    token_id: UUID
    user_id: UUID
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, token: ApiToken) -> Self:
        return cls(
            token_id=token.token_id,
            user_id=token.user_id,
            name=token.name,
            scopes=sorted(token.scopes),
            created_at=token.created_at,
            expires_at=token.expires_at,
            revoked_at=token.revoked_at,
            last_used_at=token.last_used_at,
        )


class NewApiTokenAnswer(ApiTokenShown):
    """`token` is shown this once: send it as `Authorization: Bearer …`."""

    token: str


class ApiTokensAnswer(BaseModel):
    """Newest first."""

    items: list[ApiTokenShown]
