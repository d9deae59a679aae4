"""Who notices when nobody is left to raise an alarm? A service elsewhere that expects a sign of life, and calls when
it stays away.

Any that takes a GET or POST at a secret address will do (healthchecks.io, Dead Man's Snitch, Opsgenie heartbeats, …).
"""

import httpx
import structlog

log = structlog.get_logger()

TIMEOUT_S = 5.0


class HttpSwitch:
    """A `DeadMansSwitch` at `url`, which is a secret: whoever has it can say that all is well."""

    def __init__(self, url: str) -> None:
        # No redirect: to whom it leads is nobody that we were told of.
        self._client = httpx.Client(timeout=TIMEOUT_S, follow_redirects=False)
        self._url = url

    def ping(self) -> bool:
        try:
            # Not read: an answer that never ends must not keep us.
            with self._client.stream("GET", self._url) as answer:
                arrived = answer.is_success
                if not arrived:
                    log.warning("dead_mans_switch_refused", status=answer.status_code)
        except httpx.HTTPError as error:
            log.warning("dead_mans_switch_not_reached", reason=type(error).__name__)
            return False
        return arrived

    def close(self) -> None:
        self._client.close()
