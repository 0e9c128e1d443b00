"""The file: the same bytes everywhere, pages that hold what they should, nothing that leads out."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.template import Context
from weasyprint.urls import FatalURLFetchingError

from reports.pdf import render
from reports.pdf.paper import paper
from tests.reports.pdf import kinds, reading, samples

ELSEWHERE = """
import django, hashlib, json, sys, time_machine
django.setup()
with time_machine.travel("2031-02-03T04:05:06Z"):
    from tests.reports.pdf.kinds import pdf
    print(json.dumps({kind: hashlib.sha256(pdf(kind)).hexdigest() for kind in sys.argv[1:]}))
"""
MARGIN = 18 * 72 / 25.4
WIDTH = 210 * 72 / 25.4


def test_the_same_statement_gives_the_same_bytes() -> None:
    document = kinds.missed()
    assert render.render(document, **samples.printed(document)) == kinds.pdf("missed")


def test_another_process_on_another_day_gives_the_same_bytes() -> None:
    names = ["missed", "several", "yen"]
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo", "PYTHONPATH": str(root)}
    there = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, *names], env=environment, cwd=root, check=True, capture_output=True
    )
    assert json.loads(there.stdout) == {name: hashlib.sha256(kinds.pdf(name)).hexdigest() for name in names}


def test_another_statement_gives_another_file() -> None:
    document = kinds.missed()
    other = render.render(document, **{**samples.printed(document), "number": "SLA-2026-000043"})
    assert other != kinds.pdf("missed")


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_no_text_leaves_the_type_area_and_no_statement_is_long(kind: str) -> None:
    runs = list(reading.runs(kinds.pdf(kind)))
    pages = len(reading.opened(kinds.pdf(kind)).pages)
    assert pages <= 5
    assert {run.page for run in runs} == set(range(pages))
    assert min(run.left for run in runs) > MARGIN - 1
    assert max(run.right for run in runs) < WIDTH - MARGIN + 1


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_nothing_in_the_file_leads_out_of_it(kind: str) -> None:
    assert reading.reaches_out(kinds.pdf(kind)) == []


def test_every_page_says_which_it_is_and_of_which_statement() -> None:
    for number in range(4):
        words = " ".join(run.words for run in reading.runs(kinds.pdf("several")) if run.page == number)
        assert f"Page {number + 1} of 4" in words
        assert "SLA-2026-000042" in words


def test_only_the_packages_own_fonts_are_used_and_all_are_embedded() -> None:
    for kind in ("several", "yen"):
        file = reading.opened(kinds.pdf(kind))
        for font in file.pages[0].Resources.Font.values():
            assert "Statement" in str(font.BaseFont)
            assert "/FontFile2" in font.DescendantFonts[0].FontDescriptor


def test_title_author_language_and_dates_come_from_the_statement() -> None:
    file = reading.opened(kinds.pdf("missed"))
    assert (
        file.docinfo["/Title"]
        == "Availability SLA statement SLA-2026-000042, Acme Logistics, 1–30 April 2026"
    )
    assert file.docinfo["/Author"] == "Northwind Cloud"
    assert file.docinfo["/CreationDate"] == file.docinfo["/ModDate"] == "D:20260505073000Z"
    assert file.Root.Lang == "en"
    assert file.Root.MarkInfo.Marked
    assert bytes(file.trailer.ID[0]).decode() == samples.printed(kinds.missed())["digest"][:32]


def test_a_statement_without_a_number_is_marked_as_a_draft_on_every_page() -> None:
    document = kinds.provisional()
    draft = render.render(document, number=None, digest="ab" * 32, issued_on=None)
    runs = list(reading.runs(draft))
    file = reading.opened(draft)
    for page in range(len(file.pages)):
        assert "DRAFT" in [run.words for run in runs if run.page == page]
    assert file.docinfo["/CreationDate"] == "D:20260430220000Z"
    assert "DRAFT" not in reading.text(kinds.pdf("provisional"))


def test_a_last_page_of_a_few_lines_is_taken_into_the_others() -> None:
    document = kinds.crowded(10)
    values = paper(document, **samples.printed(document))
    usual = render._laid_out(render.html(values, made="2026-05-05"))
    assert len(usual.pages) == 3
    assert usual.pages[-1].anchors["end"][1] < usual.pages[-1].height / 3
    made = render.render(document, **samples.printed(document))
    assert len(reading.opened(made).pages) == 2


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "http://127.0.0.1/", "https://example.com/logo.png", "data:text/plain,x", "asset:../settings.py",
        "asset:", "Inter-Regular.ttf", "ASSET:Inter-Regular.ttf",
    ],
)  # fmt: skip
def test_the_fetcher_has_nothing_but_the_fonts(url: str) -> None:
    with pytest.raises(FatalURLFetchingError):
        render.AssetsOnly().fetch(url)
    assert render.AssetsOnly().fetch("asset:Inter-Regular.ttf").read()[:4] == b"\x00\x01\x00\x00"


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="file:///etc/passwd">', '<link rel="stylesheet" href="http://127.0.0.1/x.css">',
        '<style>@import "http://127.0.0.1/x.css";</style>', '<svg><image href="file:///etc/passwd" width="1" height="1"/></svg>',
        '<object data="file:///etc/passwd"></object>', '<p style="background: url(http://127.0.0.1/x.png)">x</p>',
        '<svg><path d="M no"/></svg>', '<p style="font-size: very">x</p>',
    ],
)  # fmt: skip
def test_a_page_that_asks_for_anything_else_or_is_broken_is_not_made(
    markup: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        render, "html", lambda *_, **__: f'<html><body>{markup}<p id="end"></p></body></html>'
    )
    document = kinds.missed()
    with pytest.raises((FatalURLFetchingError, render.Unprintable)):
        render.render(document, **samples.printed(document))


def test_a_template_that_names_what_is_not_there_is_an_error_and_not_a_hole() -> None:
    with pytest.raises(LookupError, match=r"paper\.nothing"):
        render.engine().from_string("{{ paper.nothing }}").render(Context({"paper": object()}))
