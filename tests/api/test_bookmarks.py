"""A bookmark goes out as `next` and comes back as `since`; anything else is told so."""

import pytest
from builders import NOW, id_of, seconds

from service.api.bookmarks import read_bookmark, write_bookmark
from service.operations.catching_up import Bookmark


@pytest.mark.parametrize(
    "bookmark",
    [
        Bookmark(at=NOW),
        Bookmark(at=NOW, seen=frozenset({(id_of("a"), NOW), (id_of("b"), NOW - seconds(3))})),
    ],
)
def test_it_comes_back_as_it_went_out(bookmark: Bookmark) -> None:
    assert bookmark == read_bookmark(write_bookmark(bookmark))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-11-20T11:12:09",
        "0001-01-01T00:00:00Z",
        "2026-11-20T11:12:09Z~",
        "2026-11-20T11:12:09Z~x.y",
    ],
)
def test_a_made_up_one_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_bookmark(text)


def test_an_endless_one_is_refused() -> None:
    with pytest.raises(ValueError, match="next"):
        read_bookmark(write_bookmark(Bookmark(at=NOW)) + f"~{id_of('a').hex}.1" * 1_000)
