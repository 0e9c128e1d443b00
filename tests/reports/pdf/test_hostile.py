"""Text of others: printed as it was typed, never obeyed, whatever it says and wherever it stands."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from weasyprint.urls import URLFetcherResponse

from reports.pdf import render
from reports.pdf.paper import paper
from reports.pdf.text import printable
from tests.reports.pdf import kinds, reading, samples
from tests.reports.pdf.samples import Json

PAYLOADS = (
    "<script>alert(1)</script>", '<img src="file:///etc/passwd">', "<img src=x onerror=alert(1)>",
    '<link rel=attachment href="file:///etc/passwd">', '<style>@import "http://127.0.0.1/";</style>', "</style><h1>x",
    '<svg><image href="http://127.0.0.1/x.png"/></svg>', '<object data="file:///etc/passwd"></object>',
    '<base href="http://127.0.0.1/">', '<iframe src="file:///etc/passwd">', '<a href="javascript:alert(1)">x</a>',
    "javascript:alert(1)", "file:///etc/passwd", '"><script>', "' onmouseover='x", "--><b>", "]]><b>", "&lt;b&gt; &amp; &#60;",
    "</td></tr></table><div style='position:fixed'>EUR 0.00", "{{ 7*7 }}", "{% include 'statement.html' %}", "{0.__class__}",
    "{paper.digest}", "%s %(x)s ${x}", "<p id=end>", "\u202egnp.exe", "\u200b\u2066x",
)  # fmt: skip


def _incident(document: Json) -> Json:
    incident: Json = document["cases"][0]["incidents"][0]
    return incident


FIELDS: dict[str, Callable[[Json, str], object]] = {
    "vendor name": lambda d, t: d["identity"]["vendor"].update(name=t),
    "vendor address": lambda d, t: d["identity"]["vendor"].update(address=t),
    "vendor contact": lambda d, t: d["identity"]["vendor"].update(contact=t),
    "customer name": lambda d, t: d["identity"]["customer"].update(name=t),
    "legal name": lambda d, t: d["identity"]["customer"].update(legal_name=t),
    "customer address": lambda d, t: d["identity"]["customer"].update(address=t),
    "contract number": lambda d, t: d["identity"]["contract"].update(number=t),
    "contract title": lambda d, t: d["identity"]["contract"].update(title=t),
    "tier": lambda d, t: d["identity"].update(tier=t),
    "supersedes": lambda d, t: d["identity"].update(supersedes=t),
    "engine": lambda d, t: d["identity"].update(engine=t),
    "component": lambda d, t: d["identity"].update(components={"api": t}),
    "commitment": lambda d, t: d["cases"][0].update(title=t),
    "incident title": lambda d, t: _incident(d).update(title=t),
    "incident reference": lambda d, t: _incident(d).update(reference=t),
    "clause": lambda d, t: d["cases"][0]["terms"].update(clauses={"commitment_percent": t}),
    "maintenance": lambda d, t: d["cases"][0]["input"]["maintenance"][0].update(id=t),
    "evidence asked for": lambda d, t: d["cases"][0]["terms"]["claim"].update(evidence=t),
}


class Page(HTMLParser):
    """The elements of a page with their attributes' names, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "style", "data")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def page_of(document: Json) -> Page:
    values = paper(document, **samples.printed(document))
    return Page(render.html(values, made="2026-05-05T07:30:00Z"))


@pytest.mark.parametrize("field", FIELDS)
def test_no_text_becomes_markup_in_any_field(field: str) -> None:
    tame = kinds.missed()
    FIELDS[field](tame, "tame")
    expected = sorted(page_of(tame).elements)  # which column a sentence stands in hangs on its length
    for payload in PAYLOADS:
        document = kinds.missed()
        FIELDS[field](document, payload)
        page = page_of(document)
        assert sorted(page.elements) == expected, payload
        assert page.links == []
        assert printable(payload)[:24].casefold() in "".join(page.words).casefold(), payload


def test_hostile_text_everywhere_is_printed_literally_and_fetches_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kinds.pdf("missed")  # the fonts are loaded
    calls: list[str] = []

    def spy(_: object, url: str, headers: object = None) -> URLFetcherResponse:
        calls.append(url)
        raise AssertionError(url)

    monkeypatch.setattr(render.AssetsOnly, "fetch", spy)
    for start in (0, 9, 18):
        document = kinds.missed()
        for index, field in enumerate(FIELDS):
            FIELDS[field](document, PAYLOADS[(start + index) % len(PAYLOADS)])
        made = render.render(document, **samples.printed(document))
        words = reading.text(made).replace(" ", "")
        assert reading.reaches_out(made) == []
        assert "EUR812.50" in words
        for index, field in enumerate(FIELDS):
            payload = printable(PAYLOADS[(start + index) % len(PAYLOADS)]).replace(" ", "")[:20]
            assert payload.casefold() in words.casefold(), field
    assert calls == []


@pytest.mark.parametrize(
    "word", ["x" * 10_000, "e" + "\u0301" * 20_000, "\u202e" * 5_000, "🏳️‍🌈" * 2_000, "م" * 10_000]
)
def test_long_words_wrap_and_no_figure_leaves_the_page(word: str) -> None:
    document = kinds.missed()
    for put in FIELDS.values():
        put(document, word[:40] if put is FIELDS["maintenance"] else word)
    document["cases"][0]["terms"]["clauses"] = {"commitment_percent": word[:200]}
    document["cases"][0]["terms"]["claim"]["evidence"] = word[:2000]
    made = render.render(document, **samples.printed(document) | {"number": word})
    file = reading.opened(made)
    assert len(file.pages) < 8
    left, right = 18 * 72 / 25.4 - 2, (210 - 18) * 72 / 25.4 + 2
    for run in reading.runs(made):
        assert left < run.left and run.right < right, run
    assert "EUR 812.50" in reading.text(made)


def test_the_templates_put_no_value_into_style_script_or_address() -> None:
    templates = sorted((Path(render.__file__).parent / "templates").glob("*.html"))
    assert len(templates) > 2
    for path in templates:
        text = path.read_text(encoding="utf-8").replace('src="asset:logo"', "")
        assert not re.search(
            r"\|\s*safe|autoescape|<style|<script|style\s*=|href|src\s*=|url\(|\bon\w+\s*=", text
        ), path.name
        assert not re.search(r"{#|{% *(load|extends|url|static)", text), path.name
        for tag in re.findall(r"<[a-z][^>]*>", re.sub(r"{%.*?%}", "", text)):
            for attribute, value in re.findall(r'([\w-]+)="([^"]*)"', tag):
                assert "{{" not in value or attribute in ("alt", "content", "lang"), f"{path.name}: {tag}"
