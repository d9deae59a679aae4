"""A person opens the console or the phone page: what the browser is given, and that it speaks the API's own words."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from anyio.to_thread import current_default_thread_limiter
from outside import BASE_URL, Caller
from web.page_files import FILES, PAGES, WEB, Markup

from service.api.app import create_app, openapi_document
from service.api.deps import Backend
from service.web.pages import add_pages

MEDIA_TYPES = {
    ".js": "javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
SVG_NAMESPACE = "http://www.w3.org/2000/svg"
NEVER_SAID = ("dashboard", "ticket", "notification", "customer", "provider", "photo", "resource", "acknowledgement")
_REFERENCE = re.compile(r"""(?:\bfrom |\bimport |"src": |url\()["']?([^"')\s;]+)""")


@pytest.fixture
def call() -> Iterator[Caller]:
    """The API and the pages in one app. Nothing here needs a backend, so none is opened."""

    def never_opened() -> AbstractContextManager[Backend]:
        raise AssertionError("a page needs no backend")

    app = create_app(never_opened)
    add_pages(app)
    with start_blocking_portal() as portal:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE_URL)
        with portal.wrap_async_context_manager(client):
            yield Caller(portal, client)


def test_the_console_is_at_the_root_and_the_phone_page_beside_it(call: Caller) -> None:
    for path, file in PAGES.items():
        answer = call("GET", path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert file.read_text() == answer.text
        assert call("HEAD", path).status_code == 200


def test_a_page_needs_no_thread_of_those_that_officers_decisions_need(call: Caller) -> None:
    async def with_all_threads_taken(path: str) -> httpx.Response:
        limiter = current_default_thread_limiter()
        limiter.total_tokens = 1
        async with limiter, asyncio.timeout(2):
            return await call.client.get(path)

    for path in (*PAGES, "/assets/el.js", "/assets/nothing.js"):
        assert call.portal.call(with_all_threads_taken, path).status_code in {200, 404}


def test_the_api_answers_beside_the_pages(call: Caller) -> None:
    assert call("GET", "/livez").json() == {"status": "ok"}
    assert call("GET", "/assets/nothing.js").headers["content-type"] == "application/problem+json"


def test_the_pages_are_no_part_of_what_the_api_promises() -> None:
    assert not [path for path in openapi_document()["paths"] if path == "/" or "responder" in path or "assets" in path]


def test_every_answer_keeps_foreign_scripts_out(call: Caller) -> None:
    for path in (*PAGES, "/assets/el.js", "/assets/styles/tokens.css", "/assets/icon.svg"):
        headers = call("GET", path).headers
        policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
        assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == ("'none'", "'self'", "'self'")
        assert (policy["frame-ancestors"], policy["form-action"]) == ("'none'", "'none'")
        assert "unsafe" not in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")


def test_an_asset_is_asked_about_each_time_but_sent_once(call: Caller) -> None:
    first = call("GET", "/assets/el.js")
    again = call("GET", "/assets/el.js", headers={"if-none-match": first.headers["etag"]})
    assert (first.headers["cache-control"], again.status_code, again.content) == ("no-cache", 304, b"")
    assert first.headers["content-security-policy"] == again.headers["content-security-policy"]


def test_no_path_leads_out_of_the_assets(call: Caller) -> None:
    for path in ("/assets/%2e%2e/pages.py", "/assets/..%2fpages.py", "/assets/%2fetc%2fpasswd", "/assets/"):
        assert call("GET", path).status_code == 404, path


def test_nothing_runs_or_paints_that_is_not_in_a_file() -> None:
    for file in PAGES.values():
        assert Markup(file.read_text()).inline == []


def test_every_file_that_is_referred_to_is_there_and_every_file_is_referred_to(call: Caller) -> None:
    found: set[str] = set()
    waiting = list(PAGES)
    while waiting:
        path = waiting.pop()
        found.add(path)
        answer = call("GET", path)
        assert answer.status_code == 200, path
        assert MEDIA_TYPES.get(Path(path).suffix, "text/html") in answer.headers["content-type"], path
        waiting += {urljoin(path, reference) for reference in _references(path, answer.text)} - found
    assert {f"/{file.relative_to(WEB)}" for file in FILES if file not in PAGES.values()} == found - set(PAGES)


def test_no_page_asks_another_server_for_anything() -> None:
    for file in FILES:
        assert not re.search(r"""https?://|wss?://|["'(]//""", file.read_text().replace(SVG_NAMESPACE, "")), file


def test_no_page_calls_a_thing_by_another_name() -> None:
    for file in PAGES.values():
        text = " ".join(Markup(file.read_text()).text).lower()
        assert [word for word in NEVER_SAID if word in text] == []


def _references(path: str, text: str) -> set[str]:
    if path in PAGES:
        return Markup(text).references
    return {reference for reference in _REFERENCE.findall(text) if reference.startswith((".", "/"))}
