"""What lies in the folder of the pages, and what does a file of it say? Read as text; no browser is asked."""

import re
from html.parser import HTMLParser
from pathlib import Path

from service.web.pages import add_pages

WEB = Path(add_pages.__code__.co_filename).parent
PAGES = {"/": WEB / "console.html", "/responder": WEB / "responder.html"}
FILES = [path for path in WEB.rglob("*") if path.suffix in {".html", ".js", ".css", ".svg", ".webmanifest"}]


class Markup(HTMLParser):
    """What a page's markup holds: its references, its text, and whatever runs or paints without a file of its own."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.references: set[str] = set()
        self.inline: list[str] = []
        self.text: list[str] = []
        self.values: set[str] = set()
        self._inside = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        self.inline += [f"{tag} {name}" for name, _ in attrs if name == "style" or name.startswith("on")]
        said = {name: value or "" for name, value in attrs}
        self.references |= {said[name] for name in ("src", "href") if said.get(name, "#") != "#"}
        if said.get("type") == "radio":
            self.values.add(said["value"])

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in {"script", "style"} and data.strip():
            self.inline.append(data)
        self.text.append(data)


def asset(file: str) -> str:
    return (WEB / "assets" / file).read_text()


def texts_in(file: str, name: str) -> set[str]:
    """The words in quotation marks of a constant that is a list, a set or an object."""
    return set(re.findall(r'"(\w+)"', _literal(file, name)))


def keys_in(file: str, name: str) -> set[str]:
    """Of a constant that is an object: its own keys, not those of what is in it."""
    literal = _literal(file, name)
    return set(re.findall(r"^  (\w+):", literal, re.MULTILINE) if "\n" in literal else re.findall(r"(\w+):", literal))


def number_in(file: str, name: str) -> int:
    found = re.search(rf"const {name} = ([\d_]+)", asset(file))
    assert found, (file, name)
    return int(found.group(1))


def _literal(file: str, name: str) -> str:
    found = re.search(
        rf"^(?:export )?const {name} = (?:new Set\()?([\[{{].*?[\]}}])\)?;$", asset(file), re.DOTALL | re.MULTILINE
    )
    assert found, (file, name)
    return found.group(1)
