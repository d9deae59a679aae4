"""What does an administrator send and see of the people at the desks? Unknown fields are refused."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StrictBool

from service.api.fields import Line, Name, Secret
from service.operations.accounts import NewUser, UserChange
from service.store.users import User, UserRole

_STRICT = ConfigDict(extra="forbid")


class UserBody(BaseModel):
    """The e-mail address is what they sign in with. A password is at least 15 characters of whatever kind."""

    model_config = _STRICT

    email: Line
    name: Name
    role: UserRole
    password: Secret

    def to_user(self) -> NewUser:
        return NewUser(email=self.email, name=self.name, role=self.role, password=self.password)


class UserChangeBody(BaseModel):
    """What is absent or null stays as it is. Another password, or being disabled, ends their sessions."""

    model_config = _STRICT

    name: Name | None = None
    role: UserRole | None = None
    password: Secret | None = None
    disabled: StrictBool | None = None

    def to_change(self) -> UserChange:
        return UserChange(name=self.name, role=self.role, password=self.password, disabled=self.disabled)


class UserShown(BaseModel):
    user_id: UUID
    email: str
    name: str
    role: UserRole
    created_at: datetime
    disabled_at: datetime | None

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(
            user_id=user.user_id,
            email=user.email,
            name=user.name,
            role=user.role,
            created_at=user.created_at,
            disabled_at=user.disabled_at,
        )


class UsersAnswer(BaseModel):
    """By e-mail address, the disabled ones among them."""

    items: list[UserShown]
