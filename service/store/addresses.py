"""Where is a host of PostgreSQL's that is called by a name? Asked in a thread, because nobody can end such a question.

`getaddrinfo` waits for a name server for as many seconds as the machine is set to, and knows no timeout. So whoever
connects waits for its answer a little, and takes the last good one when there is none. Not for which host is asked
first: `pool`.
"""

import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from ipaddress import ip_address
from typing import Any

import psycopg

from service.store import patience

KNOWN_S = 0.2
"""Who has an address from before waits no longer to hear of a new one: a name server answers in milliseconds."""
_NO_SUCH_NAME = socket.EAI_NONAME


def looked_up(host: str) -> Sequence[str]:
    """By the machine's own means, however long they take. Raises OSError."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"no name of a host: {error}") from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Addresses:
    """Of hosts by name. Thread-safe; a name server that hangs holds one thread for each name, and nobody else's."""

    def __init__(self, look_up: Callable[[str], Sequence[str]] = looked_up) -> None:
        self._look_up = look_up
        self._lock = threading.Lock()
        self._asked: dict[str, Future[Sequence[str]]] = {}
        self._known: dict[str, Sequence[str]] = {}

    def added_to(self, named: Mapping[str, Any], *, within_s: float) -> dict[str, Any]:
        """Arguments for connecting with a `hostaddr` for each host, several when a host has several.

        Raises psycopg.OperationalError when none of the hosts is found in time.
        """
        hosts, ports = str(named.get("host", "")).split(","), str(named.get("port", "")).split(",")
        if "hostaddr" in named or all(_needs_none(host) for host in hosts) or len(ports) not in {1, len(hosts)}:
            return dict(named)
        if len(ports) == 1:
            ports *= len(hosts)
        found = self.of(hosts, within_s=within_s)
        if not any(found.values()):
            raise psycopg.OperationalError(f"the address of {', '.join(hosts)} could not be found in time")
        places = [(host, port, where) for host, port in zip(hosts, ports, strict=True) for where in found[host]]
        return {**named, **{key: ",".join(each) for key, each in zip(_KEYS, zip(*places, strict=True), strict=True)}}

    def of(self, hosts: Sequence[str], *, within_s: float) -> dict[str, Sequence[str]]:
        """Of all of them at once; none for a host that is not found. "" for one that has no name to be looked up."""
        begun_s = time.monotonic()
        until_s = begun_s + patience.left_s(within_s)
        asked = {host: None if _needs_none(host) else self._question(host) for host in hosts}
        try:
            return {host: self._answer(host, each, until_s) if each else [""] for host, each in asked.items()}
        finally:
            patience.spend(time.monotonic() - begun_s)

    def _answer(self, host: str, asked: Future[Sequence[str]], until_s: float) -> Sequence[str]:
        known = self._known.get(host, ())
        left_s = max(0.0, until_s - time.monotonic())
        try:
            return asked.result(min(left_s, KNOWN_S) if known else left_s)
        except OSError as error:
            return () if error.errno == _NO_SUCH_NAME else known

    def _question(self, host: str) -> Future[Sequence[str]]:
        """The one that is still being asked, or a new one."""
        with self._lock:
            asked = self._asked.get(host)
            if asked is None or asked.done():
                asked = self._asked[host] = Future()
                # A daemon: a process that ends does not wait for a name server either.
                threading.Thread(target=self._ask, args=(host, asked), name="addresses", daemon=True).start()
            return asked

    def _ask(self, host: str, asked: Future[Sequence[str]]) -> None:
        try:
            found = self._look_up(host)
        except OSError as error:
            asked.set_exception(error)
        else:
            # Also when it comes too late for who has asked: the next will have it.
            self._known[host] = found
            asked.set_result(found)


_KEYS = ("host", "port", "hostaddr")


def _needs_none(host: str) -> bool:
    """A folder with a socket, an address, or nothing."""
    if not host or host.startswith("/"):
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
