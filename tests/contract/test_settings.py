"""What is set wrong is refused at start, where somebody looks, and not in the middle of a night."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from service.settings import Settings


def settings(**changes: Any) -> Settings:
    return Settings(database_url=SecretStr("postgresql://x"), redis_url=SecretStr("redis://x"), **changes)


@pytest.mark.parametrize("proxies", ["", "*", "10.0.0.7", "10.0.0.0/24, ::1"])
def test_proxies_are_addresses_and_networks(proxies: str) -> None:
    assert proxies == settings(trusted_proxies=proxies).trusted_proxies


@pytest.mark.parametrize("proxies", ["proxy", "10.0.0.1/24", "10.0.0.7;10.0.0.8", "10.0.0.7,"])
def test_a_proxy_that_is_none_is_refused_at_start(proxies: str) -> None:
    with pytest.raises(ValidationError, match="trusted_proxies"):
        settings(trusted_proxies=proxies)


@pytest.mark.parametrize("url", ["http://redis", "redis+sentinel://one:26379", "redis+sentinel://one/m?db=zero"])
def test_a_redis_that_cannot_be_found_is_refused_at_start(url: str) -> None:
    with pytest.raises(ValidationError, match="redis_url"):
        Settings(database_url=SecretStr("postgresql://x"), redis_url=SecretStr(url))


@pytest.mark.parametrize(("name", "value"), [("redis_timeout_s", 1.0), ("redis_timeout_s", 0), ("redis_rest_s", 10)])
def test_redis_is_waited_for_no_longer_than_a_webhook_can_bear(name: str, value: float) -> None:
    with pytest.raises(ValidationError, match=name):
        settings(**{name: value})


@pytest.mark.parametrize("url", ["hc-ping.com/secret", "ftp://hc-ping.com/secret", ""])
def test_a_dead_man_s_switch_that_leads_nowhere_is_refused_at_start(url: str) -> None:
    with pytest.raises(ValidationError, match="dead_mans_switch_url"):
        settings(dead_mans_switch_url=SecretStr(url))


@pytest.mark.parametrize("every_s", [-1, 81])
def test_a_canary_is_released_often_enough_to_be_missed(every_s: float) -> None:
    with pytest.raises(ValidationError, match="canary_every_s"):
        settings(canary_every_s=every_s)


@pytest.mark.parametrize(("name", "value"), [("http_slow_s", 0), ("http_idle_s", 0), ("http_connections", 10)])
def test_a_server_that_would_shut_out_everybody_is_refused_at_start(name: str, value: int) -> None:
    with pytest.raises(ValidationError, match=name):
        settings(**{name: value})
