"""An XLSX file is a table of text and whole numbers, or refused by name: bombs, entities, formulas, dates, sheets."""

import io
import re
import tracemalloc
import zipfile
from datetime import datetime
from typing import Any

import openpyxl
import openpyxl.xml
import pytest

from slaservice.outages.importers.files import parts, workbook
from slaservice.outages.importers.files.kinds import KINDS
from slaservice.outages.importers.files.parsing import Line, parse
from slaservice.rules.refusal import Invalid
from tests.factories.files import Formula, a_csv, an_outage_row, an_xlsx, as_xlsx, with_part
from tests.factories.outages import NOW, a_component, a_tier

pytestmark = pytest.mark.django_db

OUTAGES = KINDS["outages"]
SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


@pytest.fixture(autouse=True)
def codes() -> None:
    a_component()
    a_tier()


def read(content: bytes) -> list[Line]:
    return parse(OUTAGES, content, now=NOW)


def fault(content: bytes) -> str:
    with pytest.raises(Invalid) as refused:
        read(content)
    (told,) = refused.value.errors
    return str(told)


def with_cell(name: str, value: Any) -> bytes:
    """One good row, with something else in one of its cells."""
    row = an_outage_row("o1", affected_count=1, affected_of=2, note="n")
    return an_xlsx([list(row), list({**row, name: value}.values())])


def sheet_of(rows: str, before: str = "") -> bytes:
    return f"{before}<worksheet {NAMESPACE}><sheetData>{rows}</sheetData></worksheet>".encode()


def test_a_workbook_says_what_the_same_csv_says() -> None:
    rows = [
        an_outage_row("o1", cause="Störung\nzwei", affected_count=1, affected_of=3),
        an_outage_row("o2", note="x"),
    ]
    assert [(line.external_id, line.value) for line in read(as_xlsx(*rows))] == [
        (line.external_id, line.value) for line in read(a_csv(*rows))
    ]


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2", "@SUM(A1)", '=HYPERLINK("http://x")'])
def test_what_looks_like_a_formula_is_a_text(text: str) -> None:
    assert read(with_cell("note", text))[0].value.note == text


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("note", Formula("=1+1"), "line 2, I: is a formula; paste its value instead"),
        ("note", Formula('=WEBSERVICE("http://169.254.169.254")'), "is a formula"),
        (
            "start",
            datetime(2026, 4, 10, 12),  # noqa: DTZ001
            "line 2, D: is a date cell, which has no zone",
        ),
        ("note", True, "is TRUE or FALSE"),
        ("external_id", 10**15, "is a number that spreadsheets do not keep exactly"),
        ("external_id", 1.5e300, "is a number that spreadsheets do not keep exactly"),
        ("affected_count", 1.5, "line 2, affected_count: must be a whole number"),
        ("start", 46122.5, 'line 2, start: must be a time like "2026-04-01T09:30:00Z"'),
    ],
)
def test_a_cell_that_nobody_can_vouch_for_is_refused_with_its_place(name: str, value: Any, says: str) -> None:
    assert says in fault(with_cell(name, value))


def test_whole_numbers_are_numbers_or_names() -> None:
    (line,) = read(with_cell("external_id", 4711))
    assert (line.external_id, line.value.affected_count) == ("4711", 1)
    assert read(with_cell("affected_of", 2.0))[0].value.affected_of == 2


def test_one_sheet_is_meant() -> None:
    table = [list(an_outage_row()), list(an_outage_row().values())]
    assert "has 2 sheets (Sheet, notes); leave the one that is meant" in fault(an_xlsx(table, "notes"))
    assert fault(an_xlsx([])).startswith("file: is empty")


def test_what_is_no_workbook_is_refused() -> None:
    good = as_xlsx(an_outage_row())
    assert "is no XLSX" in fault(b"PK\x03\x04" + b"\0" * 500)
    assert "is no XLSX" in fault(good[: len(good) // 2])
    assert "locked with a password" in fault(b"\xd0\xcf\x11\xe0" + b"\0" * 500)
    for part in (SHEET, "xl/workbook.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
        for content in (b"", b"<a", b"<a/>", b"\xff\xfe", b"[" * 1000, b"<a>" * 20_000):
            assert fault(with_part(good, part, content)).startswith("file: ")
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "cannot be read as XLSX" in fault(plain.getvalue())


@pytest.mark.parametrize("content", [b"", b"<a", b"<a/>", b"\xff\xfe", b"<a>" * 20_000])
def test_a_sheet_that_is_none_is_refused(content: bytes) -> None:
    told = fault(with_part(as_xlsx(an_outage_row()), SHEET, content))
    assert "cannot be read as XLSX" in told or "is empty" in told


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    zeros = b"<a>" + b"0" * 60_000_000
    for name, content in (
        (SHEET, zeros),
        ("xl/sharedStrings.xml", zeros),
        ("xl/media/image1.png", b"0" * 20_000_000),
    ):
        bomb = with_part(as_xlsx(an_outage_row()), name, content)
        assert len(bomb) < 100_000
        tracemalloc.start()
        assert "unpacks to" in fault(bomb)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 5_000_000


def test_many_parts_are_refused() -> None:
    content = io.BytesIO(as_xlsx(an_outage_row()))
    with zipfile.ZipFile(content, "a") as archive:
        for number in range(1001):
            archive.writestr(f"x/{number}", "")
    assert "unpacks to" in fault(content.getvalue())


def test_a_part_that_is_larger_than_the_directory_says_is_refused() -> None:
    good = with_part(as_xlsx(an_outage_row()), SHEET, sheet_of("<row/>" * 20_000))
    lie = bytearray(good)
    size = len(sheet_of("<row/>" * 20_000)).to_bytes(4, "little")
    assert lie.count(size) >= 1
    told = fault(bytes(lie.replace(size, (1000).to_bytes(4, "little"))))
    assert "cannot be read as XLSX" in told


LAUGHS = (
    '<!DOCTYPE w [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
)
OUTSIDE = '<!DOCTYPE w [<!ENTITY j SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("doctype", [LAUGHS, OUTSIDE])
@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", "[Content_Types].xml"])
def test_entities_are_refused_and_never_expanded(doctype: str, part: str) -> None:
    assert openpyxl.xml.DEFUSEDXML
    cell = '<row r="1"><c r="A1" t="inlineStr"><is><t>&j;</t></is></c></row>'
    content = sheet_of(cell, before=doctype)
    if part != SHEET:
        content = f"{doctype}<a {NAMESPACE}>&j;</a>".encode()
    told = fault(with_part(as_xlsx(an_outage_row()), part, content))
    assert "cannot be read as XLSX" in told
    assert "root:" not in told


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            '<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row>',
            "more than 200,000 rows",
        ),
        ('<row r="1"><c r="XFD1" t="inlineStr"><is><t>x</t></is></c></row>', "more than 100 columns"),
        ('<row r="99999999999999999999"><c><v>1</v></c></row>', "more than 200,000 rows"),
        ('<row r="-5"><c r="A1"><v>1</v></c></row>', ""),
        ('<row r="x"><c r="A1"><v>1</v></c></row>', "cannot be read as XLSX"),
        ('<row r="1"><c r="A1" t="s"><v>999999</v></c></row>', "cannot be read as XLSX"),
        ('<row r="1"><c r="A1"><v>1e400</v></c></row>', ""),
        ('<row r="1"><c r="A1"><v>nan</v></c></row>', ""),
        ('<row r="1"><c r="A1" t="d"><v>not a date</v></c></row>', ""),
        ('<row r="1"><c r="A1" t="e"><v>#REF!</v></c></row>', "is an error"),
    ],
)
def test_a_sheet_that_lies_about_its_places_is_refused(rows: str, says: str) -> None:
    assert says in fault(with_part(as_xlsx(an_outage_row()), SHEET, sheet_of(rows)))


def test_a_size_that_the_sheet_claims_is_not_believed() -> None:
    good = as_xlsx(an_outage_row())
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        sheet = archive.read(SHEET)
    claims = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', sheet)
    assert b"XFD1048576" in claims
    assert len(read(with_part(good, SHEET, claims))) == 1


def test_paths_in_the_archive_are_no_paths_here() -> None:
    assert len(read(with_part(as_xlsx(an_outage_row()), "../../../tmp/slip.txt", b"x"))) == 1


@pytest.mark.parametrize(
    ("part", "content", "says"),
    [
        (SHEET, sheet_of(f"<row>{'<c/>' * 400_000}</row>"), "more than 100 columns"),
        (SHEET, sheet_of(f"<row>{'<other/>' * 101}</row>"), "more than 100 columns"),
        (SHEET, sheet_of(f"<row>{'<c/><!--<row>-->' * 101}</row>"), "more than 100 columns"),
        (SHEET, sheet_of(f"<row>{'<c/>' * 101}</row>").decode().encode("utf-16"), "more than 100 columns"),
        (
            SHEET,
            f"<x:worksheet {NAMESPACE.replace('xmlns', 'xmlns:x')}><x:sheetData><x:row>".encode()
            + b"<x:c/>" * 101,
            "more than 100 columns",
        ),
        (SHEET, sheet_of(f"<row><c><is>{'<r/>' * 10_000}</is></c></row>"), "10,000 elements in one row"),
        (SHEET, sheet_of("<row/>" * 200_002), "more than 200,001 rows"),
        (SHEET, sheet_of("<x/>" * 100_001), "more than 100,000 elements that are no cells"),
        (
            "xl/sharedStrings.xml",
            f"<sst {NAMESPACE}>{'<si/>' * 1_000_001}</sst>".encode(),
            "more than 1,000,000 shared texts",
        ),
    ],
    ids=["wide", "any name", "comments", "UTF-16", "prefix", "inside", "rows", "others", "texts"],
)
def test_a_crowd_is_refused_before_a_library_makes_objects_of_it(
    part: str, content: bytes, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MAX_RATIO", 1000)  # or pad it with noise
    monkeypatch.setattr(openpyxl, "load_workbook", lambda *_, **__: pytest.fail("too late"))
    assert says in fault(with_part(as_xlsx(an_outage_row()), part, content))


def test_more_cells_than_fit_a_table_of_ours_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MAX_CELLS", 20)
    row = f"<row>{'<c/>' * 7}</row>"
    assert "more than 20 cells" in fault(with_part(as_xlsx(an_outage_row()), SHEET, sheet_of(row * 3)))
