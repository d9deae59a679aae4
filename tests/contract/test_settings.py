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
