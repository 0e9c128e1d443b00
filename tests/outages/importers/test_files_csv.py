"""A CSV file is read in one way or refused with its line: encodings, delimiters, quotes, headers, sizes."""

import tracemalloc
from typing import Any

import pytest

from slaservice.outages.importers.files import tables
from slaservice.outages.importers.files.kinds import KINDS
from slaservice.outages.importers.files.parsing import Line, parse
from slaservice.rules.refusal import Invalid, Refusal
from tests.factories.files import a_csv, an_outage_row, an_xlsx
from tests.factories.outages import NOW, a_component, a_tier, april

pytestmark = pytest.mark.django_db

OUTAGES = KINDS["outages"]
HEADER = b"external_id,component,tiers,start,severity,note\n"
ROW = b"o1,api,enterprise,2026-04-10T12:00:00Z,major_outage,"


@pytest.fixture(autouse=True)
def codes() -> None:
    a_component()
    a_tier()
    a_tier("free")


def read(content: bytes) -> list[Line]:
    return parse(OUTAGES, content, now=NOW)


def faults(content: bytes) -> list[str]:
    with pytest.raises(Invalid) as refused:
        read(content)
    return [str(error) for error in refused.value.errors]


def notes(content: bytes) -> list[str]:
    return [line.value.note for line in read(content)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_delimiter_line_ends_and_byte_order_mark_are_found_out(
    delimiter: str, end: str, encoding: str
) -> None:
    rows = [
        an_outage_row("o1", cause="Störung, db; 1"),
        an_outage_row("o2", cause='a "quoted"\nline', tiers="*"),
    ]
    first, second = read(a_csv(*rows, delimiter=delimiter, end=end, encoding=encoding))
    assert (first.external_id, first.number, second.number) == ("o1", 2, 3)
    assert (first.value.cause, first.value.start, first.value.end) == (
        "Störung, db; 1",
        april(10, 12),
        april(10, 14),
    )
    assert second.value.cause == 'a "quoted"\nline'
    assert [tier.code for tier in second.value.tiers] == ["enterprise", "free"]


def test_the_line_is_where_a_row_begins_whatever_its_fields_span() -> None:
    content = (
        HEADER + ROW + b'"one\ntwo\nthree"\n\n' + b"o2" + ROW[2:] + b"x\n" + b"o3,apy" + ROW[6:] + b"x\n"
    )
    assert faults(content) == ["line 7, component: 'apy' is no component; there are: api"]


def test_the_delimiter_is_the_header_s_and_not_the_rows() -> None:
    assert notes(HEADER + ROW + b'"a;b;c;d;e;f;g;h;i;j;k"\n') == ["a;b;c;d;e;f;g;h;i;j;k"]


def test_empty_lines_and_empty_ends_of_lines_mean_nothing() -> None:
    assert notes(b"\n" + HEADER + b"\n,,,,,\n" + ROW + b"x,,,\n\n") == ["x"]


def test_columns_may_stand_in_any_order_and_case() -> None:
    header = b"Severity,START,tiers,Component , external_id\n"
    (line,) = read(header + b"major_outage,2026-04-10T12:00:00Z,enterprise,api,o1\n")
    assert (line.value.severity, line.value.end, line.value.basis) == ("major_outage", None, "operator")


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "＝1", '=HYPERLINK("http://x")']
)
def test_what_looks_like_a_formula_is_a_text(text: str) -> None:
    assert notes(a_csv(an_outage_row(note=text))) == [text]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "file: is empty"),
        (b"\n\n", "file: is empty"),
        (b"\xef\xbb\xbf", "file: is empty"),
        (HEADER + ROW + b"St\xf6rung\n", "line 2: byte 103 of the file (0xF6) is not UTF-8"),
        (
            b"\xef\xbb\xbf" + HEADER + ROW + b"St\xf6rung\n",
            "line 2: byte 106 of the file (0xF6) is not UTF-8",
        ),
        (HEADER + ROW + "ok ü\n".encode() + ROW + b"\xe2\x82\n", "line 3: byte"),  # a character cut off
        (
            (HEADER + ROW).decode().encode("utf-16"),
            "line 1: holds a NUL, at byte 4 of the file; is it UTF-16?",
        ),
        ((HEADER + ROW).decode().encode("utf-16-le"), "holds a NUL"),
        (HEADER + ROW + b"\xed\xa0\x80\n", "is not UTF-8"),  # a lone surrogate
        (HEADER + ROW + b"\xc0\x80\n", "is not UTF-8"),  # NUL in two bytes
        (HEADER + ROW + b"a\0b\n", "line 2: holds a NUL, at byte 102"),
        (HEADER + ROW + b"a\x07b\n", "line 2, note: holds a control character"),
        (HEADER + ROW + b'"not closed\n' + ROW + b"x\n", "line 2: cannot be read: unexpected end of data"),
        (HEADER + ROW + b'"closed"too early\n', "line 2: cannot be read"),
        (HEADER + ROW + b"x" * 200_000 + b"\n", "field larger than field limit"),
        (HEADER + ROW + b"x" * 1_000_001 + b"\n", "line 2: is longer than 1,000,000 bytes"),
        (HEADER.replace(b"\n", b"\r") + ROW + b"x\r", "cannot be read"),
        (HEADER + b"o1,api\n", "line 2: has 2 fields, and the header 6"),
        (HEADER + ROW + b"x,y\n", "line 2: has 7 fields, and the header 6"),
    ],
)
def test_what_programs_read_differently_is_refused_with_its_line(content: bytes, says: str) -> None:
    (told,) = faults(content)
    assert says in told


def test_every_fault_of_a_header_is_told() -> None:
    assert faults(b"external_id,note,Note,severety,component\no1,,,,\n") == [
        "line 1, column 3: 'note' stands twice",
        "line 1, column 4: 'severety' is no column; there are: " + ", ".join(OUTAGES.columns),
        "line 1: the column 'tiers' is missing",
        "line 1: the column 'start' is missing",
        "line 1: the column 'severity' is missing",
    ]


def test_a_header_of_more_names_than_a_file_may_have_is_refused_at_once() -> None:
    expected = ["line 1: names 40,000 columns; a file may have 100"]
    assert faults(b"a," * 39_999 + b"a\n") == expected
    rows = [[f"n{number}" for number in range(101)], ["x"]]
    assert "more than 100 columns" in faults(an_xlsx(rows))[0]


def test_every_fault_of_every_row_is_told_with_its_column() -> None:
    content = a_csv(
        an_outage_row("o1", start="2026-04-10 12:00", tiers="enterprise fre"),
        an_outage_row("o2"),
        an_outage_row("o2", end="2026-04-10T11:00:00Z", severity="Major"),
        an_outage_row("", affected_count="one", affected_of="2.5"),
        an_outage_row("o5", incident="statuspage:none", evidence_url="javascript:x"),
        an_outage_row("x" * 131),
    )
    told = " ".join(faults(content))
    for place in ("line 2, tiers", "line 2, start", "line 4, external_id: stands in line 3 already",
                  "line 5, external_id: is required",
                  "line 5, affected_count", "line 5, affected_of", "line 6, incident", "line 7, external_id"):  # fmt: skip
        assert place in told


def test_times_without_an_offset_are_refused_and_offsets_are_kept_exactly() -> None:
    (line,) = read(
        a_csv(an_outage_row(start="2026-03-29T02:30:00.000001+01:00", end="2026-04-10T00:00:00+05:30"))
    )
    assert line.value.start.isoformat() == "2026-03-29T01:30:00.000001+00:00"
    assert line.value.end.isoformat() == "2026-04-09T18:30:00+00:00"
    assert (
        'has no offset: write "Z" or "+02:00" behind it'
        in faults(a_csv(an_outage_row(start="2026-03-29T02:30:00")))[0]
    )


@pytest.mark.parametrize(
    "text", ["１", "1e3", "1.0", "1,000", " 1 2", "0x1", "٣", "9" * 19, "--1", "NaN", "-0.0"]
)
def test_a_number_is_a_number(text: str) -> None:
    assert any(
        "affected_count" in told
        for told in faults(a_csv(an_outage_row(affected_count=text, affected_of="5")))
    )


def test_a_file_of_too_many_bytes_is_refused_before_it_is_read() -> None:
    with pytest.raises(Refusal) as refused:
        read(b"\xff" * (tables.MAX_BYTES + 1))
    assert refused.value.code == "body_too_large"


def test_a_file_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 3)
    assert len(read(a_csv(*[an_outage_row(str(n)) for n in range(3)]))) == 3
    assert faults(a_csv(*[an_outage_row(str(n)) for n in range(4)])) == [
        "line 5: the file has more than 3 rows"
    ]


def test_a_million_rows_are_refused_in_little_memory() -> None:
    content = HEADER + b"\n".join(b"%d,,,,," % n for n in range(1_000_000))
    tracemalloc.start()
    assert len(faults(content)) == tables.MAX_FAULTS + 1  # nobody reads a million of them
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30_000_000


def test_nobody_is_told_more_than_a_thousand_faults() -> None:
    told = faults(a_csv(*[an_outage_row(str(n), severity="X Y") for n in range(1500)]))
    assert len(told) == tables.MAX_FAULTS + 1
    assert told[-1] == "file: has at least 1000 faults; the rest was not read"


def test_incidents_and_codes_are_looked_up_once(django_assert_max_num_queries: Any) -> None:
    from tests.factories.outages import an_incident

    an_incident("inc1")
    content = a_csv(*[an_outage_row(str(n), incident="statuspage:inc1") for n in range(300)])
    with django_assert_max_num_queries(3):
        assert len(read(content)) == 300
