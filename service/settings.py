"""What differs from one installation to the next, read once from `BEATLINE_…` at start. Not for rules: see `Policy`."""

from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.adapters.redis.address import parsed


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
        description="PostgreSQL as the role `beatline_app`: `postgresql+psycopg://beatline_app:…@host/beatline`; with "
        "a standby `…@/beatline?host=first:5432&host=second:5432`: whichever can be written to is used."
    )
    migration_database_url: SecretStr | None = Field(
        default=None,
        description="The same database as the role that owns the tables; only `beatline migrate` reads it.",
    )
    redis_url: SecretStr = Field(
        description="Redis ≥ 6.2 or Valkey ≥ 7.2: `redis://`, `rediss://` or `unix://`; under Sentinel "
        "`redis+sentinel://[user:password@]host1:26379,host2:26379/mymaster[?db=0&sentinel_username=…&"
        "sentinel_password=…]`, or `rediss+sentinel://` for TLS."
    )
    redis_timeout_s: float = Field(
        default=0.25,
        ge=0.05,
        le=0.25,
        description="How long one answer of Redis is waited for: a healthy one takes a thousandth of it, and a webhook "
        "that met a hung one must still answer within its second.",
    )
    redis_rest_s: float = Field(
        default=1.0,
        ge=0.2,
        le=2.0,
        description="How long a Redis that hung is left alone at least: one shot pays for noticing, not each of a "
        "night's. Longer would keep alerts on the slower way for longer than it takes to rebuild positions.",
    )
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
    database_timeout_s: float = Field(
        default=1.75,
        ge=0.5,
        le=2.5,
        description="The longest wait for one answer of PostgreSQL, after which its connection is given up. A server "
        "that hangs says nothing, and callers are promised their 503 within 3 s; no statement of ours takes a tenth.",
    )
    database_connect_timeout_s: float = Field(
        default=1.0,
        ge=0.1,
        le=2.0,
        description="The longest wait for a new connection, for each host of the URL: letting us in takes "
        "milliseconds, and a host that hangs must leave time for asking the next one before the 503 is due.",
    )
    api_threads: int = Field(default=20, ge=1, description="Requests worked on at once by one API process.")
    http_slow_s: float = Field(
        default=10.0,
        ge=1,
        le=60,
        description="How long a client may take for the head of a request, for a body (longer where it keeps a pace of "
        "16 KiB/s), and to make room for more of an answer: a phone on the edge of a network needs some seconds.",
    )
    http_idle_s: float = Field(
        default=65.0,
        ge=1,
        le=3_600,
        description="How long a connection may lie idle between two requests: longer than the 60 s for which proxies "
        "and balancers keep theirs, or they send a shot into one that is being closed.",
    )
    http_connections: int = Field(
        default=6_500,
        ge=100,
        le=100_000,
        description="Open connections of one API process: the 5,000 streams it may have, and some for requests. Beyond "
        "that the oldest idle ones are closed. Each is a file descriptor, of which the process asks for enough.",
    )
    page_threads: int = Field(
        default=64,
        ge=1,
        description="Phones rung at once by one worker process. A push that hangs holds one of these threads for three "
        "seconds, so there are more than a city's phones need: the others must not wait for it.",
    )
    canary_every_s: float = Field(
        default=60.0,
        ge=0,
        le=80,
        description="How often a test alert of nobody's goes the whole way up to the push service, which only checks "
        "it. After three minutes without one an alarm is raised, and one alone may get lost: so at most 80 s. 0 "
        "releases none, for a replay or a push service that counts what it is sent.",
    )
    dead_mans_switch_url: SecretStr | None = Field(
        default=None,
        description="A secret address elsewhere (healthchecks.io and the like) that is asked every 30 s while all is "
        "well, and calls somebody when that stays away: whoever is down altogether can raise no alarm.",
    )
    clock_speed: float = Field(
        default=1.0, gt=0, description="How many seconds pass in one; refused in production unless 1."
    )
    clock_start: float | None = Field(
        default=None, description="The Unix time from which a scaled clock runs; needed when the speed is not 1."
    )

    @field_validator("redis_url")
    @classmethod
    def _redis_can_be_found(cls, url: SecretStr) -> SecretStr:
        """A mistyped one would look like a Redis that is away for ever, which we do without."""
        parsed(url.get_secret_value())
        return url

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies_are_addresses(cls, proxies: str) -> str:
        """A mistyped network is a host of that name to uvicorn, which then believes nobody and says nothing."""
        for proxy in [] if proxies in {"", "*"} else proxies.split(","):
            ip_network(proxy.strip())
        return proxies

    @field_validator("dead_mans_switch_url")
    @classmethod
    def _switch_is_an_address(cls, url: SecretStr | None) -> SecretStr | None:
        """A mistyped one would be found out when it is too late."""
        if url is not None and not url.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("must begin with https:// or http://")
        return url

    @model_validator(mode="after")
    def _production_is_real(self) -> "Settings":
        if self.clock_speed != 1.0 and self.environment is Environment.PRODUCTION:
            raise ValueError("BEATLINE_CLOCK_SPEED must be 1 in production")
        if self.clock_speed != 1.0 and self.clock_start is None:
            raise ValueError("a scaled clock needs BEATLINE_CLOCK_START")
        return self
