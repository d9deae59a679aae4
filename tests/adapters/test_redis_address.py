"""What BEATLINE_REDIS_URL may say, and what is refused at start because it says nothing."""

import pytest

from service.adapters.redis.address import parsed


def test_sentinels_are_named_with_their_name_for_the_master() -> None:
    address = parsed("redis+sentinel://one:26379,two:5000,[::1]/mymaster?db=2")
    assert address.sentinels is not None
    assert (("one", 26379), ("two", 5000), ("::1", 26379)) == address.sentinels.hosts
    assert "mymaster" == address.sentinels.master
    assert {"db": 2} == address.options


def test_servers_and_sentinels_have_passwords_of_their_own() -> None:
    address = parsed("redis+sentinel://beat:p%40ss@one/m?sentinel_username=watch&sentinel_password=other%26one")
    assert {"username": "beat", "password": "p@ss", "db": 0} == address.options
    assert address.sentinels is not None
    assert {"username": "watch", "password": "other&one"} == address.sentinels.credentials


def test_a_password_needs_no_user() -> None:
    assert "secret" == parsed("redis+sentinel://:secret@one/m").options["password"]


def test_one_letter_more_asks_for_tls() -> None:
    address = parsed("rediss+sentinel://one/m?ssl_ca_certs=/etc/ca.pem")
    assert (True, {"ssl_ca_certs": "/etc/ca.pem"}) == (address.is_tls, address.tls_options)


@pytest.mark.parametrize("url", ["redis://host:6380/3", "rediss://:secret@host", "unix:///run/redis.sock?db=1"])
def test_one_server_is_named_as_redis_py_has_it(url: str) -> None:
    assert parsed(url).sentinels is None


@pytest.mark.parametrize(
    "url",
    [
        "http://host",
        "redis+sentinel://one",
        "redis+sentinel://one/",
        "redis+sentinel:///mymaster",
        "redis+sentinel://one,/mymaster",
        "redis+sentinel://one:port/mymaster",
        "redis+sentinel://one/mymaster?db=first",
        "redis+sentinel://one/mymaster?sentinel_pasword=typed-wrong",
    ],
)
def test_what_cannot_be_meant_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        parsed(url)
    assert "typed-wrong" not in str(refused.value)


def test_neither_password_is_shown_where_an_address_is_printed() -> None:
    shown = repr(parsed("redis+sentinel://:secret@one/m?sentinel_password=another"))
    assert ("secret" in shown, "another" in shown) == (False, False)
