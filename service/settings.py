"""What differs from one installation to the next, read once from `BEATLINE_…` at start. Not for rules: see `Policy`."""

from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(StrEnum):
    PRODUCTION = "production"
    DEMO = "demo"


class Settings(BaseSettings):
    """Every field is `BEATLINE_` and its name in capitals; `beatline settings` prints them as a table."""

    model_config = SettingsConfigDict(env_prefix="BEATLINE_", frozen=True, extra="forbid")

    environment: Environment = Field(
        default=Environment.PRODUCTION,
        description="`production` refuses whatever only a demo or a replay may do, such as a scaled clock.",
    )
    database_url: SecretStr = Field(
        description="PostgreSQL as the role `beatline_app`: `postgresql+psycopg://beatline_app:…@host/beatline`."
    )
    migration_database_url: SecretStr | None = Field(
        default=None,
        description="The same database as the role that owns the tables; only `beatline migrate` reads it.",
    )
    redis_url: SecretStr = Field(description="Redis ≥ 6.2 or Valkey ≥ 7.2: `redis://`, `rediss://` or `unix://`.")
    base_url: str = Field(
        default="http://localhost:8000",
        description="Where browsers and phones reach this server; cookie calls from elsewhere are refused.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses and networks, with commas between, whose X-Forwarded-For and -Proto are believed: the "
        "journal names who asked, and wrong passwords are counted by address. Never `*` where others can reach us.",
    )
    fcm_credentials_file: Path | None = Field(
        default=None, description="Google's service-account file; without it no push is sent, and streams carry alone."
    )
    fcm_url: str | None = Field(
        default=None, description="Scheme and host of another push service than Google's, for a demo or a test."
    )
    ios_critical_alerts: bool = Field(
        default=False, description="Sound through mute and focus on iPhones; only where Apple has granted it."
    )
    api_threads: int = Field(default=20, ge=1, description="Requests worked on at once by one API process.")
    page_threads: int = Field(default=16, ge=1, description="Phones rung at once by one worker process.")
    clock_speed: float = Field(
        default=1.0, gt=0, description="How many seconds pass in one; refused in production unless 1."
    )
    clock_start: float | None = Field(
        default=None, description="The Unix time from which a scaled clock runs; needed when the speed is not 1."
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies_are_addresses(cls, proxies: str) -> str:
        """A mistyped network is a host of that name to uvicorn, which then believes nobody and says nothing."""
        for proxy in [] if proxies in {"", "*"} else proxies.split(","):
            ip_network(proxy.strip())
        return proxies

    @model_validator(mode="after")
    def _production_is_real(self) -> "Settings":
        if self.clock_speed != 1.0 and self.environment is Environment.PRODUCTION:
            raise ValueError("BEATLINE_CLOCK_SPEED must be 1 in production")
        if self.clock_speed != 1.0 and self.clock_start is None:
            raise ValueError("a scaled clock needs BEATLINE_CLOCK_START")
        return self
