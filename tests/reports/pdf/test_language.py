"""The paper speaks its customer's language: all of it, with the same figures, as people there write them."""

import html
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from fractions import Fraction
from gettext import NullTranslations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.dates import format_date, format_skeleton
from django.conf import settings
from django.utils import translation

from reports.pdf import figures, render
from reports.pdf.attached import DOCUMENT, OUTAGES
from reports.pdf.clock import Clock, month_name, short_day
from reports.pdf.language import form_of, language_of, page_numbers, speaking
from reports.pdf.paper import paper
from reports.pdf.text import printable
from slaservice.rules import language as rules
from slaservice.rules.intervals import instant
from tests.reports.pdf import kinds, reading, samples

Json = dict[str, Any]
OTHERS = ("de", "fr")
EVERY = pytest.mark.parametrize("kind", kinds.KINDS)


def in_language(document: Json, code: str) -> Json:
    """The document of a customer who reads this language."""
    identity = document["identity"]
    customer = identity["customer"] | {"language": code}
    return {**document, "identity": {**identity, "customer": customer}}


def page(document: Json, code: str) -> str:
    """The words of a page, without its markup and its drawings' shapes."""
    with speaking(code):
        values = paper(document, **samples.printed(document))
        source = render.html(values, made="2026-05-05T07:30:00Z")
    titles = re.findall(r'(?:aria-label|content|alt)="([^"]*)"', source)
    return html.unescape(" ".join([re.sub("<[^>]*>", " ", source), *titles]))


# --- whose language ---------------------------------------------------------------------------------------------


def test_the_customers_language_is_the_papers() -> None:
    assert language_of(in_language(kinds.met(), "fr")) == "fr"
    assert language_of(in_language(kinds.met(), "en")) == "en"


def test_what_was_issued_before_languages_reads_as_english() -> None:
    document = kinds.met()
    assert "language" not in document["identity"]["customer"]
    assert language_of(document) == "en"
    assert language_of(in_language(document, "ja")) == "en"


def test_both_voices_speak_the_same_languages() -> None:
    assert dict(settings.LANGUAGES).keys() == rules.LANGUAGES.keys()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("en", "Contractual uptime"),
        ("de", "Vertragliche Verfügbarkeit"),
        ("fr", "Disponibilité contractuelle"),
    ],
)
def test_the_file_speaks_it_and_says_so(code: str, words: str) -> None:
    document = in_language(kinds.missed(), code)
    pdf = render.render(document, **samples.printed(document))
    assert words in reading.text(pdf)
    assert str(reading.opened(pdf).Root.Lang) == code
    assert translation.get_language() == "en-us"
    assert rules.spoken().code == "en"


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("en", '"Page " counter(page) " of " counter(pages)'),
        ("de", '"Seite " counter(page) " von " counter(pages)'),
        ("fr", '"Page " counter(page) " sur " counter(pages)'),
    ],
)
def test_pages_are_numbered_in_it(code: str, content: str) -> None:
    with speaking(code):
        assert page_numbers() == f"@page {{ @bottom-right {{ content: {content} }} }}"


SCRIPTS = ("شركة", "חברת האור", "दिल्ली", "บริษัท", "東京物流株式会社", "光明", "Łąka 🚀")


@pytest.mark.parametrize("code", OTHERS)
def test_names_in_every_script_stand_whole_among_its_words(code: str) -> None:
    document = in_language(kinds.missed(), code)
    for incident, name in zip(document["cases"][0]["incidents"] * 2, SCRIPTS, strict=False):
        incident["title"] = f"{incident['title']} {name}"
    document["identity"]["components"] = {"api": f"{SCRIPTS[1]} API"}
    shown = set(reading.text(render.render(document, **samples.printed(document))))
    assert set("".join(SCRIPTS)) - shown == set()


# --- nothing is left in English ---------------------------------------------------------------------------------


class Disguised(NullTranslations):
    """A language in which every letter of a message is a triangle; places and markup stay."""

    def gettext(self, message: str) -> str:
        parts = re.split(r"(\{\w+\}|%\(\w+\)s|<[^>]*>)", message)
        return "".join(
            part if index % 2 else re.sub("[A-Za-z]", "△", part) for index, part in enumerate(parts)
        )

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.fixture
def disguised(monkeypatch: pytest.MonkeyPatch) -> None:
    words = Disguised()
    monkeypatch.setattr(translation._trans, "gettext", words.gettext)  # type: ignore[attr-defined]
    monkeypatch.setattr(translation._trans, "ngettext", words.ngettext)  # type: ignore[attr-defined]
    monkeypatch.setattr(rules, "_catalogue", lambda code: words)


def names(document: Json) -> set[str]:
    """Words that are data: of people, places, incidents; signs and units that are the same everywhere."""
    said = [*texts(document["identity"]), "SLA slaservice SHA h min s x JSON CSV MTTR MTBF UTC https verify"]
    for case in document["cases"]:
        said += [case["title"], *texts(case.get("incidents") or []), *texts(case.get("exclusions") or [])]
        said += [*texts(case["terms"].get("claim") or {}), *texts(case["terms"].get("clauses") or {})]
        said += texts([{**one, "severity": "", "category": ""} for name in ("outages", "maintenance")
                       for one in case["input"].get(name) or []])  # fmt: skip
        said += [severity.replace("_", " ") for severity in case["terms"]["signal"].get("severity_weight") or {}
                 if severity not in ("major_outage", "partial_outage", "degraded_performance")]  # fmt: skip
    months = [
        *Locale("en").months["format"]["wide"].values(),
        *Locale("en").months["format"]["abbreviated"].values(),
    ]
    return set(re.findall(r"[A-Za-z]+", " ".join([*said, *months])))


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


@EVERY
@pytest.mark.usefixtures("disguised")
def test_every_word_of_ours_can_be_translated(kind: str) -> None:
    document = kinds.KINDS[kind]()
    words = page(document, "en")
    words = words.replace(samples.printed(document)["digest"], "")
    words = re.sub(r"\b[0-9a-f]{8}\b|\w+_\w+|[\w.]+\.(json|csv)|⟦[^⟧]*⟧", " ", words)
    left = Counter(re.findall("[A-Za-z]{2,}", words)).keys() - names(document)
    assert left == set()


# --- the same figures -------------------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("code", OTHERS)
def test_every_language_shows_the_same_digits(kind: str, code: str) -> None:
    document = kinds.KINDS[kind]()
    assert digits(page(document, code)) == digits(page(document, "en"))


def digits(words: str) -> Counter[str]:
    """Whole numbers and decimals, without signs between their digits; days in figures are three numbers."""
    words = re.sub(r"(\d\d)\.(\d\d)\.(\d{4})", r"\1/\2/\3", words)
    words = re.sub(r"(?<=\d)[\u202f](?=\d)|(?<=\d)[.,](?=\d)", "", words.replace("\u00a0h\u00a0", ":"))
    return Counter(re.findall(r"\d+", words))


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("en", ["99.819 %", "EUR 1,234,567.50", "−2,592,000.5", "1,000 h 00 min 01 s", "0.5 s", "0:20:27.0369", "< 0.001 %"]),
        ("de", ["99,819 %", "1.234.567,50 EUR", "−2.592.000,5", "1.000 h 00 min 01 s", "0,5 s", "0:20:27,0369", "< 0,001 %"]),
        ("fr", ["99,819 %", "1 234 567,50 EUR", "−2 592 000,5", "1 000 h 00 min 01 s", "0,5 s", "0:20:27,0369", "< 0,001 %"]),
    ],
)  # fmt: skip
def test_figures_are_written_as_people_there_write_them(code: str, shown: list[str]) -> None:
    with speaking(code):
        found = [
            figures.percent(Fraction("99.8199"), 3),
            figures.money(Fraction("1234567.5"), "EUR", 2),
            figures.grouped("-2592000.5"),
            figures.words(Fraction(3_600_001)),
            figures.words(Fraction("0.5")),
            figures.clock(Fraction("1227.0369")),
            figures.share(Fraction(1), Fraction(10**9)),
        ]
    assert [re.sub("[\u00a0\u202f]", " ", one) for one in found] == shown


def test_a_figure_and_its_sign_stay_on_one_line_in_german_and_french() -> None:
    for code in OTHERS:
        with speaking(code):
            assert figures.percent(Fraction(5), 0) == "5\u00a0%"
            assert figures.money(Fraction(5), "EUR", 0) == "5\u00a0EUR"
    assert printable("5\u00a0% of 1\u202f000") == "5\u00a0% of 1\u202f000"


@pytest.mark.parametrize(
    ("code", "amount", "form"),
    [("en", 1, 1), ("en", "1/2", 2), ("en", 0, 2), ("de", "3/2", 2), ("de", 1, 1), ("fr", "3/2", 1), ("fr", 0, 1), ("fr", 2, 2)],
)  # fmt: skip
def test_amounts_take_the_form_that_the_language_gives_them(code: str, amount: int | str, form: int) -> None:
    with speaking(code):
        assert form_of(Fraction(amount)) == form


# --- days and times ---------------------------------------------------------------------------------------------


def clock(start: datetime, end: datetime, zone: str = "Europe/Berlin") -> Clock:
    local = ZoneInfo(zone)
    return Clock(local, instant(start.replace(tzinfo=local)), instant(end.replace(tzinfo=local)))


APRIL = clock(datetime(2026, 4, 1), datetime(2026, 5, 1))  # noqa: DTZ001 -- `clock` adds the zone
QUARTER = clock(datetime(2026, 2, 1), datetime(2026, 5, 1))  # noqa: DTZ001
DAY = clock(datetime(2026, 4, 14), datetime(2026, 4, 15))  # noqa: DTZ001
WINTER = clock(datetime(2025, 12, 1), datetime(2026, 2, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("code", "labels"),
    [
        ("en", ["1–30 April 2026", "1 February – 30 April 2026", "14 April 2026", "1 December 2025 – 31 January 2026"]),
        ("de", ["1.–30. April 2026", "1. Februar – 30. April 2026", "14. April 2026", "1. Dezember 2025 – 31. Januar 2026"]),
        ("fr", ["1er au 30 avril 2026", "1er février au 30 avril 2026", "14 avril 2026", "1er décembre 2025 au 31 janvier 2026"]),
    ],
)  # fmt: skip
def test_a_period_is_named_as_people_there_name_it(code: str, labels: list[str]) -> None:
    with speaking(code):
        assert [one.label() for one in (APRIL, QUARTER, DAY, WINTER)] == labels


@pytest.mark.parametrize(
    ("code", "day", "stamp", "open_span"),
    [
        ("en", "28 Apr", "5 May 2026, 09:30", "28 Apr 19:34:00.5 – open"),
        ("de", "28. Apr.", "5. Mai 2026, 09:30", "28. Apr. 19:34:00,5 – offen"),
        ("fr", "28 avr.", "5 mai 2026, 09:30", "28 avr. 19:34:00,5 – en cours"),
    ],
)
def test_days_and_times_are_written_as_people_there_write_them(
    code: str, day: str, stamp: str, open_span: str
) -> None:
    at = instant(datetime(2026, 4, 28, 17, 34, 0, 500_000, tzinfo=UTC))
    with speaking(code):
        assert APRIL.day(at) == day
        assert APRIL.stamp(datetime(2026, 5, 5, 7, 30, tzinfo=UTC)) == stamp
        assert APRIL.span(at, None) == open_span


@pytest.mark.parametrize("code", OTHERS)
def test_dates_are_those_of_unicode(code: str) -> None:
    with speaking(code):
        for month in range(1, 13):
            day = date(2026, month, 27)
            whole = clock(datetime(2026, month, 27), datetime(2026, month, 28))  # noqa: DTZ001
            assert whole.label() == format_date(day, "long", locale=code)
            assert short_day(day) == format_skeleton("MMMd", day, locale=code)
            assert month_name(day) == format_date(day, "MMM", locale=code)


# --- what is read by programs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", OTHERS)
def test_the_table_inside_is_the_same_for_every_program(code: str) -> None:
    english, other = (inside(in_language(kinds.several(), one)) for one in ("en", code))
    assert other[OUTAGES] == english[OUTAGES]
    assert b'"language":"%b"' % code.encode() in other[DOCUMENT]


def inside(document: Json) -> dict[str, bytes]:
    pdf = reading.opened(render.render(document, **samples.printed(document)))
    return {str(one.UF): one.EF.F.read_bytes() for one in pdf.Root.AF}
