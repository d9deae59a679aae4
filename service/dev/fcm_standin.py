"""Where do pushes go when there is no Google? A stand-in for FCM over real HTTP: for the demo, tests and benchmarks.

`python -m service.dev.fcm_standin --port 9099` or `--uds PATH` serves until it is interrupted; `FcmStandin` serves
from a thread of this process. What it understands is listed in `fcm_app`.
"""

import argparse
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from service.dev.fcm_answers import Answer
from service.dev.fcm_app import Delivery, FcmApp
from service.dev.fcm_wire import CuttableProtocol, appear, vanish

PROJECT_ID = "beatline-demo"
_KEEP_ALIVE_S = 600
"""Google keeps idle connections for minutes; uvicorn's own 5 s would make every alert pay for a new one."""
_START_TIMEOUT_S = 10.0
_BACKLOG = 2_048


class FcmStandin:
    """Serves from a thread while the `with` block runs, on a free port of this machine; `url` says where.

    `certificate`: the files of one and its key, to speak TLS.
    """

    def __init__(
        self, *, port: int = 0, token_life_s: int = 3_600, certificate: tuple[Path, Path] | None = None
    ) -> None:
        self._app = FcmApp(token_life_s=token_life_s)
        # A test that ends while a fault still hangs is no news; the app's own errors show as a 500 to the client.
        config = _config(self._app, log_level=logging.CRITICAL)
        if certificate:
            config.ssl_certfile, config.ssl_keyfile = certificate[0], str(certificate[1])
        self._server = uvicorn.Server(config)
        self._socket = _listener(port, None)
        self._thread = threading.Thread(target=self._serve, name="fcm-standin", daemon=True)
        self.url = _url(self._socket, scheme="https" if certificate else "http")

    def __enter__(self) -> Self:
        self._thread.start()
        _until(lambda: self._server.started, timeout_s=_START_TIMEOUT_S, what="the FCM stand-in to start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join()
        self._socket.close()

    @property
    def deliveries(self) -> list[Delivery]:
        """Every message taken so far, oldest first."""
        return list(self._app.mailbox.deliveries)

    @property
    def checks(self) -> list[Delivery]:
        """Every message to be checked alone, oldest first."""
        return list(self._app.checks.deliveries)

    @property
    def token_requests(self) -> int:
        """How often the token endpoint was asked."""
        return self._app.tokens.requests

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        return len(self._server.server_state.connections)

    def messages_for(self, target: str) -> list[Mapping[str, Any]]:
        return [delivery.message for delivery in self.deliveries if delivery.target == target]

    def wait_for(self, count: int, *, timeout_s: float = 5.0) -> list[Delivery]:
        """Deliveries once there are at least `count`. Raises TimeoutError when there never are."""
        _until(lambda: self._app.mailbox.count >= count, timeout_s=timeout_s, what=f"{count} deliveries")
        return self.deliveries

    def fail(
        self, target: str, *, answer: str, times: int | None = 1, retry_after_s: float | str | None = None
    ) -> None:
        """Misbehave for a target, as `FcmApp.fail` says."""
        self._app.fail(target, answer=Answer(answer), times=times, retry_after_s=retry_after_s)

    def behave(self) -> None:
        self._app.behave()

    def vanish(self) -> None:
        """Every connection that is open now is dead, and nobody says so."""
        self._app.vanish()

    def let_in(self, *, anybody: bool) -> None:
        """Whoever connects from now on waits for ever; True: is let in again."""
        (appear if anybody else vanish)(self._socket)

    def revoke_tokens(self) -> None:
        """From now on every access token given out so far is refused with 401."""
        self._app.tokens.revoke_all()

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])


def write_credentials(path: Path, url: str, *, project_id: str = PROJECT_ID) -> None:
    """Write a service account that exists nowhere: its key is made on the spot, its tokens come from `url`/token."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    account = {
        "type": "service_account",
        "project_id": project_id,
        "private_key_id": "throw-away",
        "private_key": pem.decode(),
        "client_email": f"beatline@{project_id}.iam.gserviceaccount.com",
        "client_id": "0",
        "token_uri": f"{url}/token",
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(account, indent=1), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m service.dev.fcm_standin", description="A stand-in for FCM.")
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--port", type=int, help="listen on this port of 127.0.0.1; 0: any free one")
    place.add_argument("--uds", help="listen on this unix socket")
    parser.add_argument("--token-life-s", type=int, default=3_600, help="how long an access token lasts")
    options = parser.parse_args()
    app = FcmApp(token_life_s=options.token_life_s)
    with _listener(options.port, options.uds) as listener:
        print(options.uds or _url(listener), flush=True)
        uvicorn.Server(_config(app)).run(sockets=[listener])


def _listener(port: int, path: str | None) -> socket.socket:
    """Listening already when its address is printed, so that whoever reads it may connect."""
    if path is None:
        return socket.create_server(("127.0.0.1", port), backlog=_BACKLOG)
    Path(path).unlink(missing_ok=True)
    return socket.create_server(path, family=socket.AF_UNIX, backlog=_BACKLOG)


def _url(listener: socket.socket, *, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"


def _config(app: FcmApp, *, log_level: int = logging.WARNING) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=CuttableProtocol,
        loop="uvloop",
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_level=log_level,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=1,
    )


def _until(condition: Callable[[], bool], *, timeout_s: float, what: str) -> None:
    ends_at = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > ends_at:
            raise TimeoutError(f"waited {timeout_s:g} s for {what}")
        time.sleep(0.001)


if __name__ == "__main__":
    main()
