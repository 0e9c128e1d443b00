"""Paper -> PDF bytes, the same in every process and on every day.

WeasyPrint gets one page of HTML, a style sheet and fonts that were loaded once, and a fetcher that has nothing but these
files: whatever stands in a title, no request leaves and no file is read. Dates and identifier come from the statement.
"""

import gc
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from django.template import Context, Engine
from pyphen import Pyphen
from weasyprint import CSS, HTML
from weasyprint.document import Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from reports.pdf import branding, fonts
from reports.pdf.annex import annex
from reports.pdf.archive import archival, tagged
from reports.pdf.clock import short_day
from reports.pdf.language import LANGUAGES, language_of, page_numbers, speaking
from reports.pdf.paper import Paper, paper

_HERE = Path(__file__).parent
_SCHEME = "asset:"
_SAVED = 15
"""The percentage of a page that closer setting saves on each page, and the margins of the last."""

_WARMING = Lock()
_ANY_PAGE = """<!doctype html><html lang="en"><head><title>Warm</title></head><body><div class="head-left">a</div>
<h1>Ágž</h1><p><b>1.5</b> – <em>✓ ✗ → 東 ع ש ก क ☃</em></p><ul class="terms"><li>a</li></ul>
<table class="steps"><col class="s-label"><col><thead><tr><th scope="col">a</th><th scope="col" class="n">b</th></tr></thead>
<tbody><tr><th scope="row">c</th><td>d</td></tr></tbody></table>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" width="9mm" height="9mm"><title>a</title>
<path d="M0 0h9v9h-9z" fill="#fff"/><text x="1" y="8" font-size="8">1</text></svg></body></html>"""
"""Something of everything that a statement is set with."""

Json = Mapping[str, Any]


class AssetsOnly(URLFetcher):
    """Serves the package's fonts by name from memory, and the vendor's logo; ends the rendering on any other address."""

    def __init__(self, logo: bytes | None = None) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
        self._logo = logo

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        name = url.removeprefix(_SCHEME)
        if url == f"{_SCHEME}logo" and self._logo is not None:
            return URLFetcherResponse(url, self._logo, {"Content-Type": "image/png"})
        if not url.startswith(_SCHEME) or name not in fonts.files():
            raise FatalURLFetchingError(f"a statement asks for {url!r}, which is not part of it")
        return URLFetcherResponse(url, fonts.files()[name], {"Content-Type": "font/ttf"})


class Unprintable(Exception):
    """WeasyPrint complained: something of a statement would be missing or wrong on paper."""


class _Complaints(logging.Handler):
    """Collects what WeasyPrint merely logs: a font that does not load, a drawing that fails, a property it does not know."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if not message.startswith(
            ".notdef glyph"
        ):  # a character that no font draws: a box on paper, no reason to stop
            self.messages.append(message)


@contextmanager
def _nothing_lost() -> Iterator[None]:
    """Unprintable where WeasyPrint logs a warning or an error meanwhile; it would go on without what is missing."""
    logger, complaints = logging.getLogger("weasyprint"), _Complaints()
    logger.addHandler(complaints)
    try:
        yield
    finally:
        logger.removeHandler(complaints)
    if complaints.messages:
        raise Unprintable("; ".join(complaints.messages))


class _Missing(str):
    """What Django puts where a template names a value that is not there: an error, not a hole in the paper."""

    def __contains__(self, _: object) -> bool:
        return True

    def __mod__(self, name: object) -> str:
        raise LookupError(f"the statement's template names {name}, which the paper does not have")


@lru_cache(maxsize=1)
def engine() -> Engine:
    """A template engine of our own: nothing of the site's settings, tags or context reaches the paper."""
    return Engine(
        dirs=[str(_HERE / "templates")],
        builtins=["django.templatetags.i18n"],
        autoescape=True,
        debug=False,
        string_if_invalid=_Missing("missing"),
    )


@lru_cache(maxsize=1)
def _style() -> tuple[CSS, FontConfiguration]:
    """Style sheet and fonts, loaded once for each process."""
    configuration = FontConfiguration()
    text = (_HERE / "style.css").read_text(encoding="utf-8")
    return CSS(string=text, font_config=configuration, url_fetcher=AssetsOnly()), configuration


@lru_cache(maxsize=8)
def _parsed(text: str) -> CSS:
    """A language's or a vendor's own few rules, parsed once."""
    return CSS(string=text, url_fetcher=AssetsOnly())


def html(values: Paper, *, made: str, compact: bool = False) -> str:
    """The page that is set; `compact` sets it closer."""
    context: dict[str, Any] = {"paper": values, "made": made, "compact": compact}
    return str(engine().get_template("statement.html").render(Context(context)))


def render(
    document: Json, *, number: str | None, digest: str, issued_on: datetime | None, logo: bytes | None = None
) -> bytes:
    """A statement's frozen document as a PDF; `digest` is its SHA-256 in hexadecimal. Without a number it is a draft.

    In the customer's language, with the vendor's colour and `logo`, the picture whose hash the document names.

    Where the last page would hold no more than a few lines, the whole is set closer, if that saves the page.
    """
    made = _made(document, issued_on)
    stated = f"{made:%Y-%m-%dT%H:%M:%SZ}"
    looks = branding.sheet(document), branding.logo(document, logo)
    with speaking(language_of(document)), _nothing_lost():
        values = paper(document, number=number, digest=digest, issued_on=issued_on)
        pages = _laid_out(html(values, made=stated), *looks)
        if _spare(pages):
            closer = _laid_out(html(values, made=stated, compact=True), *looks)
            pages = closer if len(closer.pages) < len(pages.pages) else pages
        identifier = digest[:32].encode()
        if number is None:
            return tagged(pages, identifier=identifier)
        files = annex(document, digest=digest)
        return archival(pages, identifier=identifier, annex=files, made=made)


@lru_cache(maxsize=1)
def _warmed() -> bytes:
    with _nothing_lost():
        made = tagged(_laid_out(_ANY_PAGE), identifier=b"warm")
    fonts.drawn()
    for template in sorted((_HERE / "templates").iterdir()):
        engine().get_template(template.name)
    for code in LANGUAGES:
        with speaking(code):
            page_numbers()
            short_day(date(2026, 1, 1))  # loads the names of months
        Pyphen(lang=code)  # loads how words are divided
    gc.collect()
    gc.freeze()
    return made


def warm() -> None:
    """Load fonts, style and everything that draws, and keep the collector from looking at it again: once in a process.

    A process that is forked afterwards, to render or to be a worker, has all this at once.
    """
    with _WARMING:
        _warmed()


def _made(document: Json, issued_on: datetime | None) -> datetime:
    """When the PDF says it was made: at the issue, or, for a draft, at the period's end."""
    at = issued_on or datetime.fromisoformat(document["identity"]["period"]["end"])
    return at.astimezone(UTC).replace(microsecond=0)


def _laid_out(page: str, branded: str = "", logo: bytes | None = None) -> Document:
    style, configuration = _style()
    source = HTML(string=page, url_fetcher=AssetsOnly(logo), media_type="print")
    sheets = [style, *(_parsed(sheet) for sheet in (page_numbers(), branded) if sheet)]
    return source.render(stylesheets=sheets, font_config=configuration)


def _spare(pages: Document) -> bool:
    """Whether the last page holds so little that closer setting can take it into the others."""
    last = pages.pages[-1]
    return (
        len(pages.pages) > 1 and 100 * last.anchors["end"][1] < _SAVED * (len(pages.pages) - 1) * last.height
    )
