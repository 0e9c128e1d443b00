"""How every kind of statement is laid out: nothing clipped or overfull, no heading left alone, no page half empty."""

from itertools import dropwhile, pairwise, takewhile

import pytest

from reports.pdf.render import render
from tests.reports.pdf import boxes, kinds, longer_kinds, reading, samples

EVERY = pytest.mark.parametrize("kind", kinds.KINDS)


@EVERY
def test_every_line_has_room_in_what_holds_it(kind: str) -> None:
    for page in boxes.of_kind(kind):
        for line in page.lines:
            assert line.right <= min(line.room, page.right) + 0.5, line.words
            assert line.bottom <= page.bottom + 0.5, line.words


@EVERY
def test_no_page_but_the_last_is_left_with_much_room_and_the_last_is_worth_its_sheet(kind: str) -> None:
    *full, last = boxes.of_kind(kind)
    assert [round(page.filled, 2) for page in full if page.filled < 0.8] == []
    assert last.filled > 0.2


@EVERY
def test_no_page_ends_with_a_heading_or_the_head_of_a_table(kind: str) -> None:
    for page in boxes.of_kind(kind)[:-1]:
        line = page.lines[-1]
        assert not {"h1", "h2", "h3", "thead"} & set(line.tags), line.words


@EVERY
def test_a_table_that_goes_on_has_more_than_one_row_on_either_page(kind: str) -> None:
    assert 1 not in _rows_at_breaks(boxes.of_kind(kind))


@pytest.mark.parametrize("incidents", [14, 15, 16, 17])
def test_the_sum_of_a_list_never_stands_on_a_page_by_itself(incidents: int) -> None:
    assert 1 not in _rows_at_breaks(boxes.pages(kinds.crowded(incidents)))


def _rows_at_breaks(pages: list[boxes.Page]) -> list[int]:
    """Of every table that goes on over a page's end: how many rows stand before it, and how many behind."""
    found: list[int] = []
    for page, following in pairwise(pages):
        if "thead" in following.lines[0].tags:
            before = takewhile(lambda line: "thead" not in line.tags, reversed(page.lines))
            rest = dropwhile(lambda line: "thead" in line.tags, following.lines)
            behind = takewhile(lambda line: "tbody" in line.tags, rest)
            found += [len({line.row for line in before}), len({line.row for line in behind})]
    return found


@pytest.mark.parametrize(
    "kind",
    ["missed", "met", "untouched", "not_applicable", "provisional", "quarter", "yen", "claimable", "one_day"],
)
def test_an_ordinary_statement_has_two_pages(kind: str) -> None:
    assert len(boxes.of_kind(kind)) == 2


@pytest.mark.parametrize(
    ("kind", "most"), [("crowded", 3), ("year", 3), ("restated", 3), ("many_components", 4), ("mixed", 5)]
)
def test_what_is_long_is_capped_on_paper(kind: str, most: int) -> None:
    assert len(boxes.of_kind(kind)) <= most


def test_figures_of_a_full_years_trend_do_not_touch_each_other() -> None:
    document = kinds.missed()
    uptimes = ["0.000001", "98.123456"] * 5 + ["100.000000"]
    document["identity"]["trend"] = samples.trend((2026, 4), uptimes, "Northwind API")  # type: ignore[arg-type]
    made = render(document, **samples.printed(document))
    shown = [run for run in _words(made) if run.words in ("0.000", "98.123", "100.000")]
    assert len(shown) == 11
    assert all(one.right + 1 < other.left for one, other in pairwise(shown))


def _words(made: bytes) -> list[reading.Run]:
    """Of the first page; a drawing sets its letters one by one."""
    found: list[reading.Run] = []
    for run in reading.runs(made):
        before = found[-1] if found else run
        if run.page == 0 and found and abs(run.left - before.right) < 0.5:
            found[-1] = reading.Run(0, before.left, run.right, before.words + run.words)
        elif run.page == 0:
            found.append(run)
    return found


def test_four_hundred_components_are_no_longer_than_sixty() -> None:
    assert len(boxes.pages(longer_kinds.many_components(200))) <= len(boxes.of_kind("many_components")) + 1


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_downtime_to_the_millisecond_stays_on_its_line(language: str) -> None:
    long = samples.outage("2026-04-08T17:34:00.120Z", 2177.3793, id="INC-2331/api/1")
    document = samples.statement(
        [
            samples.case(
                "Northwind API",
                samples.terms(),
                {"outages": [long]},
                [samples.incident("INC-2331", "Elevated errors on all requests", long)],
            )
        ]
    )
    document["identity"]["customer"]["language"] = language
    words = {line.words for page in boxes.pages(document) for line in page.lines}
    assert "36:17:22.758" in {text.replace(",", ".") for text in words}
