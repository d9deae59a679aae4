"""Where is Redis? What BEATLINE_REDIS_URL says, taken apart; a mistyped one is refused at start.

`redis://`, `rediss://` and `unix://` name one server, and mean what redis-py says they mean. Under Sentinel the URL
names the sentinels and their name for the master:

    redis+sentinel://[user[:password]@]host[:26379][,host[:port]…]/mymaster[?db=0][&sentinel_username=…]
        [&sentinel_password=…][&ssl_ca_certs=…]

User and password in front are the servers', those among the options the sentinels'; any of them may be left out, and
is percent-encoded as everywhere in URLs. `rediss+sentinel://` speaks TLS to servers and sentinels alike. Pure text:
nothing is looked up and nobody is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from redis.connection import parse_url

SENTINEL_PORT = 26_379
_SENTINEL_SCHEMES = ("redis+sentinel", "rediss+sentinel")
_OPTIONS = frozenset({"db", "sentinel_username", "sentinel_password", "ssl_ca_certs"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentinels:
    """Whom to ask for the master's address, under which name, and with which credentials."""

    hosts: tuple[tuple[str, int], ...]
    master: str
    credentials: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """`options` are redis-py's for one connection; under `sentinels` without host and port, which they tell."""

    options: Mapping[str, Any] = field(repr=False)
    scheme: str
    tls_options: Mapping[str, Any] = field(default_factory=dict)
    sentinels: Sentinels | None = None

    @property
    def is_unix(self) -> bool:
        return self.scheme == "unix"

    @property
    def is_tls(self) -> bool:
        return self.scheme.startswith("rediss")


def parsed(url: str) -> Address:
    """Raises ValueError, which names what is wrong and never a password."""
    scheme = urlsplit(url).scheme
    if scheme in _SENTINEL_SCHEMES:
        return _under_sentinel(url, scheme)
    named = parse_url(url)  # type: ignore[no-untyped-call]  # redis-py's
    options = {name: value for name, value in named.items() if name != "connection_class"}
    return Address(options=options, scheme=scheme)


def _under_sentinel(url: str, scheme: str) -> Address:
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    asked = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    if unknown := asked.keys() - _OPTIONS:
        raise ValueError(f"{', '.join(sorted(unknown))} is no option of {scheme}://")
    master = unquote(parts.path.strip("/"))
    if not master:
        raise ValueError(f"{scheme}://host/NAME: the sentinels' name for the master is missing")
    tls = {"ssl_ca_certs": asked["ssl_ca_certs"]} if "ssl_ca_certs" in asked else {}
    username, _, password = login.partition(":")
    return Address(
        options=_present(username=unquote(username), password=unquote(password))
        | {"db": _number(asked.get("db", "0"))},
        scheme=scheme,
        tls_options=tls,
        sentinels=Sentinels(
            hosts=tuple(_host(each) for each in hosts.split(",")),
            master=master,
            credentials=_present(
                username=asked.get("sentinel_username", ""), password=asked.get("sentinel_password", "")
            ),
        ),
    )


def _host(text: str) -> tuple[str, int]:
    """Also `[::1]:26379`, since an address of IPv6 has colons of its own."""
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError("a sentinel's host is missing")
    return parts.hostname, parts.port or SENTINEL_PORT


def _number(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("db must be a number")
    return int(text)


def _present(**texts: str) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}
