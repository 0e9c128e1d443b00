"""The windows by number: what each lost, and that together they are the downtime."""

from fractions import Fraction

import pytest

from reports.pdf import facts
from reports.pdf.incidents import incident_list
from reports.pdf.step import Step
from reports.pdf.windows import MOST_LINES, ranges, window_steps
from tests.reports.pdf import kinds
from tests.reports.pdf.samples import Json, case, incident, outage, statement, terms


def steps(document: Json, place: int = 0) -> list[Step]:
    return list(window_steps(facts.read(document["cases"][place], document)))


def seconds(value: str) -> Fraction:
    return Fraction(value.removesuffix(" s").replace(",", ""))


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_the_windows_add_up_to_the_downtime(kind: str) -> None:
    document = kinds.KINDS[kind]()
    for place, one in enumerate(document["cases"]):
        counted = [step.value for step in steps(document, place) if not step.value.startswith("(")]
        assert sum(map(seconds, counted), Fraction(0)) == Fraction(one["expected"]["downtime_seconds"])


def test_a_window_is_known_by_its_place_in_the_document() -> None:
    document = kinds.missed()
    numbers = {
        f"Window {place}": one["id"] for place, one in enumerate(document["cases"][0]["input"]["outages"], 1)
    }
    assert [numbers[step.label].partition("/")[0] for step in steps(document)] == [
        "INC-2304",
        "INC-2327",
        "INC-2331",
    ]
    listed = incident_list(facts.read(document["cases"][0], document)).rows
    assert [numbers[f"Window {row.numbers}"].partition("/")[0] for row in listed] == [
        row.reference for row in listed
    ]


def test_a_window_whose_loss_changes_shows_each_loss() -> None:
    partial = outage("2026-04-10T10:00:00Z", 60, id="A", severity="partial_outage")
    down = outage("2026-04-10T10:30:00Z", 60, id="B")
    shown = steps(statement([case("API", terms(), {"outages": [partial, down]})]))
    assert [(step.label, step.detail, step.value) for step in shown] == [
        ("Window 1", "A, 10 Apr 12:00:00: 1,800 s × 0.3", "540 s"),
        ("Window 2", "B, 10 Apr 12:30:00: 3,600 s × 1", "3,600 s"),
    ]


def test_of_very_many_windows_those_that_lost_most_are_listed_and_the_rest_is_one_line() -> None:
    shown = steps(kinds.crowded())
    assert len(shown) == MOST_LINES + 1
    assert {step.value for step in shown[:-1]} == {"1,020 s"}
    assert (shown[-1].label, shown[-1].detail) == ("392 more windows", "in the annex (CSV)")


def test_where_the_lowest_uptime_counts_the_windows_of_other_components_are_told_in_parentheses() -> None:
    assert [
        (step.label, step.detail.partition(";")[0], step.value) for step in steps(kinds.worst_of_three())
    ] == [
        ("Window 1", "Northwind API", "3,600 s"),
        ("Window 3", "Web console", "(1,800 s)"),
    ]


def test_failed_requests_and_silence_are_lines_without_a_number() -> None:
    counts = [
        {"component": "api", "start": f"2026-04-10T10:0{n}:00Z", "seconds": 60, "total": 100, "errors": 50}
        for n in (0, 1)
    ]
    agreed = terms(
        signal={"source": "requests", "severity_weight": {}},
        no_data="as_down",
        clauses={"signal.requests": "2.4", "no_data": "2.9"},
    )
    silent = [{"component": "api", "start": "2026-04-12T10:00:00Z", "end": "2026-04-12T10:10:00Z"}]
    shown = steps(statement([case("API", agreed, {"requests": counts, "no_data": silent})]))
    assert [(step.label, step.detail, step.clause, step.value) for step in shown] == [
        ("Failed requests", "120 s × 0.5", "2.4", "60 s"),
        ("No measurements", "600 s × 1", "2.9", "600 s"),
    ]


def test_an_incident_of_several_windows_names_them_all() -> None:
    windows = [outage(f"2026-04-{day}T10:00:00Z", 10, id=f"A/{day}") for day in (10, 11, 12, 14)]
    other = outage("2026-04-13T10:00:00Z", 10, id="B/1")
    found = incident("A", "On and off", *windows)
    document = statement([case("API", terms(), {"outages": [*windows[:3], other, windows[3]]}, [found])])
    rows = incident_list(facts.read(document["cases"][0], document)).rows
    assert [(row.reference, row.numbers) for row in rows] == [("A", "1–3, 5"), ("B/1", "4")]


@pytest.mark.parametrize(
    ("numbers", "words"), [([], ""), ([4], "4"), ([2, 1], "1–2"), ([9, 1, 3, 2], "1–3, 9")]
)
def test_numbers_in_a_row_are_a_range(numbers: list[int], words: str) -> None:
    assert ranges(numbers) == words
