"""The lists of incidents and exclusions, and why something did not count."""

from fractions import Fraction

import pytest

from reports.pdf import facts
from reports.pdf.exclusions import ExclusionRow, exclusion_list
from reports.pdf.incidents import MOST_ROWS, Incidents, incident_list
from reports.pdf.ledger import lost_by_window
from tests.reports.pdf import kinds, reading
from tests.reports.pdf.samples import Json, case, incident, maintenance, outage, statement, terms


def listed(document: Json) -> Incidents:
    return incident_list(facts.read(document["cases"][0], document))


def of(terms_: Json, **evidence: object) -> Incidents:
    return listed(statement([case("API", terms_, evidence)]))


def seconds(clock: str) -> Fraction:
    hours, minutes, second = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + Fraction(second)


@pytest.mark.parametrize("kind", ["missed", "met", "provisional", "quarter", "crowded", "yen"])
def test_what_the_incidents_counted_adds_up_to_the_downtime(kind: str) -> None:
    document = kinds.KINDS[kind]()
    shown = listed(document)
    downtime = Fraction(document["cases"][0]["expected"]["downtime_seconds"])
    rows = sum((seconds(row.counted) for row in shown.rows), Fraction(0))
    assert rows + seconds(shown.others_counted) == downtime
    assert seconds(shown.total) == downtime


def test_each_incident_says_how_much_it_counted_and_why_not_more() -> None:
    assert [
        (row.reference, row.when, row.severity, row.counted, row.note) for row in listed(kinds.missed()).rows
    ] == [
        ("INC-2304", "9 Apr 15:02:11.25 – 15:39:02.25", "Partial outage × 0.3", "0:11:03.3", ""),
        ("INC-2311", "12 Apr 03:10:00 – 03:34:00", "Major outage", "0:00:00", "excluded (M-118)"),
        ("INC-2322", "17 Apr 08:10:00 – 09:45:00", "Degraded performance", "0:00:00", "weighs nothing"),
        ("INC-2327", "21 Apr 00:05:00 – 00:17:00", "Major outage", "0:12:00", "late notice: M-121"),
        ("INC-2331", "28 Apr 19:34:00 – 20:52:00", "Major outage", "1:18:00", ""),
    ]


def test_an_outage_outside_service_hours_or_below_the_minimum_says_so() -> None:
    rows = {row.reference: (row.counted, row.note) for row in listed(kinds.worst_of_three()).rows}
    assert rows["W-04070430-api"] == ("1:00:00", "outside service hours")
    assert rows["W-04080900-api"] == ("0:00:00", "below the minimum duration")
    assert rows["W-04221100-store"] == ("0:00:00", "excluded (M-0422); below the minimum duration")


def test_overlapping_incidents_count_once_and_say_so() -> None:
    first, second = outage("2026-04-10T10:00:00Z", 60, id="A"), outage("2026-04-10T10:30:00Z", 60, id="B")
    rows = of(terms(), outages=[first, second]).rows
    assert [(row.counted, row.note) for row in rows] == [("1:00:00", ""), ("0:30:00", "overlaps another")]


def test_many_incidents_that_weigh_nothing_are_named_together_and_still_counted() -> None:
    slow = [
        outage(f"2026-04-{day:02}T10:00:00Z", 30, severity="degraded_performance", id=f"S-{day}")
        for day in (3, 4, 5, 6)
    ]
    real = outage("2026-04-10T10:00:00Z", 60, id="R")
    shown = of(terms(), outages=[*slow, real])
    assert [row.reference for row in shown.rows] == ["R"]
    assert shown.weightless == (
        "4 incidents that weigh nothing by these terms (degraded performance): "
        "S-3 (3 Apr), S-4 (4 Apr), S-5 (5 Apr), S-6 (6 Apr)"
    )
    assert (shown.counted, shown.listed) == (1, 5)
    few = of(terms(), outages=[*slow[:3], real])
    assert (len(few.rows), few.weightless) == (4, "")


def test_an_incident_of_which_a_part_weighs_nothing_says_which() -> None:
    slow = outage("2026-04-10T09:00:00Z", 60, severity="degraded_performance", id="A/1")
    down = outage("2026-04-10T10:00:00Z", 60, id="A/2")
    document = statement(
        [case("API", terms(), {"outages": [slow, down]}, [incident("A", "Worse", slow, down)])]
    )
    assert [(row.counted, row.note) for row in listed(document).rows] == [
        ("1:00:00", "degraded performance weighs nothing")
    ]


def test_an_outage_over_the_edge_of_the_period_counts_with_its_part_inside() -> None:
    edge = outage("2026-03-31T21:30:00Z", 60, id="A")
    row = of(terms(), outages=[edge]).rows[0]
    assert (row.when, row.counted, row.note) == (
        "31 Mar 23:30:00 – 1 Apr 00:30:00",
        "0:30:00",
        "partly outside the period",
    )


def test_an_incident_of_two_components_is_one_row() -> None:
    first, second = outage("2026-04-10T10:00:00Z", 60), outage("2026-04-10T10:30:00Z", 60, component="sso")
    document = statement([
        case("Platform", terms(("api", "sso")), {"outages": [first, second]}, [incident("INC-1", "Both", first, second)])
    ])  # fmt: skip
    rows = listed(document).rows
    assert [(row.reference, row.components, row.counted) for row in rows] == [
        ("INC-1", "Northwind API, Single sign-on", "1:30:00")
    ]


def test_a_window_that_belongs_to_no_incident_is_listed_by_its_own_name() -> None:
    assert [
        row.reference for row in of(terms(), outages=[outage("2026-04-10T10:00:00Z", 60, id="W-7")]).rows
    ] == ["W-7"]


def test_failed_requests_and_unmeasured_time_are_rows_too() -> None:
    requests = [
        {
            "component": "api",
            "start": f"2026-04-10T10:{minute:02}:00Z",
            "seconds": 60,
            "total": 100,
            "errors": 50,
        }
        for minute in (0, 1)
    ]
    gap = {"component": "api", "start": "2026-04-11T10:00:00Z", "end": "2026-04-11T10:10:00Z"}
    agreed = terms(signal={"source": "both", "severity_weight": {}}, no_data="as_down")
    shown = of(agreed, requests=requests, no_data=[gap])
    assert {(row.reference, row.counted) for row in shown.rows} == {
        ("request counts", "0:01:00"),
        ("no data", "0:10:00"),
    }
    assert shown.total == "0:11:00"


def test_a_month_with_400_incidents_shows_those_that_counted_most_and_counts_the_rest() -> None:
    document = kinds.crowded(400)
    shown = listed(document)
    assert len(shown.rows) == MOST_ROWS
    assert shown.others == "and 360 more, which counted less each, in the annex (CSV)"
    read = facts.read(document["cases"][0], document)
    most = sorted(lost_by_window(read.ledgers).values(), reverse=True)[:MOST_ROWS]
    assert sorted((seconds(row.counted) for row in shown.rows), reverse=True) == most
    assert [row.reference for row in shown.rows] == sorted(row.reference for row in shown.rows)


def excluded(**evidence: object) -> list[ExclusionRow]:
    document = statement([case("API", terms(), evidence)])
    return exclusion_list(facts.read(document["cases"][0], document)).rows


def test_maintenance_is_listed_with_its_notice_and_what_it_excluded() -> None:
    in_time, late = (
        maintenance("2026-04-12T01:00:00Z", 120),
        maintenance("2026-04-20T22:00:00Z", 30, ahead_hours=26),
    )
    rows = excluded(maintenance=[late, in_time])
    assert [(row.when, row.announced, row.notice, row.late, row.excluded) for row in rows] == [
        ("12 Apr 03:00:00 – 05:00:00", "8 Apr 03:00:00, 96 h before", "in time (72 h)", False, "2:00:00"),
        (
            "21 Apr 00:00:00 – 00:30:00",
            "19 Apr 22:00:00, 26 h before",
            "late (72 h): not excluded",
            True,
            "0:00:00",
        ),
    ]


@pytest.mark.parametrize(
    ("more", "announced", "notice", "time"),
    [
        ({"ahead_hours": None}, "never", "late (72 h): not excluded", "0:00:00"),
        ({"ahead_hours": -1}, "12 Apr 04:00:00, after its start", "late (72 h): not excluded", "0:00:00"),
        (
            {"ahead_hours": 72},
            "9 Apr 03:00:00, 72 h before",
            "in time (72 h)",
            "1:00:00",
        ),  # exactly 72 h is in time
        (
            {"ahead_hours": None, "category": "emergency_maintenance"},
            "never",
            "not excluded by these terms",
            "0:00:00",
        ),
        ({"ahead_hours": None, "category": "force_majeure"}, "–", "none asked for", "1:00:00"),
        (
            {"category": "third_party"},
            "8 Apr 03:00:00, 96 h before",
            "not excluded by these terms",
            "0:00:00",
        ),
    ],
)
def test_notice_is_judged_as_the_terms_want_it(more: Json, announced: str, notice: str, time: str) -> None:
    row = excluded(maintenance=[maintenance("2026-04-12T01:00:00Z", 60, **more)])[0]
    assert (row.announced, row.notice, row.excluded) == (announced, notice, time)


def test_an_outage_says_that_it_does_not_matter_where_requests_are_judged() -> None:
    agreed = terms(signal={"source": "requests", "severity_weight": {}})
    (row,) = of(agreed, outages=[outage("2026-04-10T10:00:00Z", 60)]).rows
    assert (row.counted, row.note) == ("0:00:00", "failed requests are judged, not outages")


def test_what_is_no_maintenance_is_listed_with_its_clause_and_justification() -> None:
    flood = maintenance("2026-04-12T01:00:00Z", 60, ahead_hours=None, category="force_majeure", id="X-1")
    document = statement(
        [case("API", terms(), {"maintenance": [flood, maintenance("2026-04-20T22:00:00Z", 30)]})]
    )
    written = {"reference": "X-1", "clause": "7.1", "justification": "The Elbe stood\nin the \u202ecellar."}
    document["cases"][0]["exclusions"] = [written]
    rows = exclusion_list(facts.read(document["cases"][0], document)).rows
    assert [row.why for row in rows] == ["Clause 7.1: The Elbe stood in the ⟦U+202E⟧cellar.", ""]
    document["identity"]["approvals"] = {"X-1": {"by": "Ada\nLovelace", "at": "2026-05-04T09:20:00Z"}}
    rows = exclusion_list(facts.read(document["cases"][0], document)).rows
    assert rows[0].why.endswith("⟦U+202E⟧cellar. Approved by Ada Lovelace on 4 May 2026, 11:20.")


def test_an_incident_has_its_cause_and_how_fast_it_was_answered() -> None:
    (row,) = listed(kinds.KINDS["claimable"]()).rows
    assert row.cause == "A certificate had run out."
    assert row.response.startswith("Acknowledged after 0:04:30")
    assert "Cause: A certificate had run out." in reading.text(kinds.pdf("claimable"))


def test_maintenance_of_another_period_is_not_listed() -> None:
    before, after = maintenance("2026-03-12T01:00:00Z", 60), maintenance("2026-05-12T01:00:00Z", 60)
    assert excluded(maintenance=[before, after]) == []
