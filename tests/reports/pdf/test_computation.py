"""The computation on paper: its lines are the frozen numbers, and they add up."""

from fractions import Fraction

import pytest

from reports.pdf import facts
from reports.pdf.computation import steps
from reports.pdf.step import Step
from tests.reports.pdf import kinds
from tests.reports.pdf.samples import Json, brackets, case, maintenance, outage, statement, terms


def lines(document: Json) -> list[Step]:
    return steps(facts.read(document["cases"][0], document))


def of(agreed: Json, **evidence: object) -> dict[str, tuple[str, str, str]]:
    """Label -> (detail, clause, value)."""
    found = lines(statement([case("API", agreed, evidence)]))
    return {step.label: (step.detail, step.clause, step.value) for step in found}


def seconds(value: str) -> Fraction:
    return Fraction(value.removesuffix(" s").replace(",", "").replace("−", "-"))


@pytest.mark.parametrize(
    "kind", [kind for kind in kinds.KINDS if kind not in ("worst_of_three", "many_components")]
)
def test_the_period_less_what_is_taken_off_is_the_eligible_time(kind: str) -> None:
    document = kinds.KINDS[kind]()
    found = lines(document)
    off = [seconds(step.value) for step in found if step.value.startswith("−") and step.value.endswith(" s")]
    length, eligible = (
        seconds(next(s.value for s in found if s.label == label)) for label in ("Period", "Eligible time")
    )
    assert length + sum(off) == eligible == Fraction(document["cases"][0]["expected"]["eligible_seconds"])


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_downtime_uptime_and_amount_are_the_frozen_ones(kind: str) -> None:
    document = kinds.KINDS[kind]()
    result = document["cases"][0]["expected"]
    found = {step.label: step.value for step in lines(document)}
    assert seconds(found["Downtime"]) == Fraction(result["downtime_seconds"])
    assert found["Uptime"] == (f"{result['uptime_percent']} %" if result["applicable"] else "N/A")
    assert found["Service credit"].replace(",", "").split()[-1] == result["credit_amount"]


def test_every_line_of_a_miss() -> None:
    assert [(s.label, s.detail, s.clause, s.value) for s in lines(kinds.missed())] == [
        ("Period", "1–30 April 2026, Europe/Berlin", "", "2,592,000 s"),
        ("Excluded", "never downtime, stays in the eligible time", "4.1", "(7,200 s)"),
        ("Eligible time", "time that the commitment speaks of", "", "2,592,000 s"),
        ("Window 1", "INC-2304, 9 Apr 15:02:11.25: 2,211 s × 0.3", "2.3", "663.3 s"),
        ("Window 4", "INC-2327, 21 Apr 00:05:00: 720 s × 1; late notice: M-121", "2.3, 4.2", "720 s"),
        ("Window 5", "INC-2331, 28 Apr 19:34:00: 4,680 s × 1", "2.3", "4,680 s"),
        ("Downtime", "time × loss over the ledger: 5,400 s × 1 + 2,211 s × 0.3", "2.3", "6,063.3 s"),
        ("Allowed downtime", "0.05 % of the eligible time, 21 min 36 s", "", "(1,296 s)"),
        ("Uptime", "1 − 6,063.3 ÷ 2,592,000, exactly 2873263/2880000", "", "99.766076 %"),
        ("Commitment", "at least 99.95 %", "2.1", "missed by 0.183923… points"),
        ("Do credit rules apply?", "the commitment is missed", "", "yes"),
        ("Credit table", "uptime 99.766076… %: row 1 of 3, below 99.95 % and at least 99 %", "5.1", "10 %"),
        ("Base", "fee EUR 8,125.00", "5.2", "EUR 8,125.00"),
        ("Credit in money", "10 % of the base", "", "EUR 812.50"),
        ("Cap", "50 % of the base, EUR 4,062.50", "5.3", "not reached"),
        ("Service credit", "no rounding needed", "", "EUR 812.50"),
    ]


def test_days_and_an_earlier_credit_against_the_cap() -> None:
    found = {s.label: (s.detail, s.value) for s in lines(kinds.quarter())}
    assert found["Not in term"] == ("before the contract’s start or after its end", "−864,000 s")
    assert found["Metered credit"] == ("downtime 13,710 s ÷ 3,600 s = 4 started steps × 1 day", "4 days")
    assert found["Base"] == ("fee USD 45,000.00, by the days in term", "USD 39,943.820224…")
    assert found["Credit in money"] == ("4 days at a thirtieth of the base each", "USD 5,325.842696…")
    assert (
        found["Cap"][0]
        == "5 days of service in a contract year, USD 6,657.303370…, less USD 250.00 credited before"
    )
    assert found["Service credit"] == ("USD 5,325.842696…, rounded once (halves up)", "USD 5,325.84")


def test_the_sum_of_two_rules_and_a_minimum() -> None:
    found = [(s.label, s.detail, s.value) for s in lines(kinds.yen())]
    assert ("Judged uptime", "rounded halves up to 2 decimals", "99.77 %") in found
    assert ("Credit", "the sum of the rules", "6.336469… %") in found
    assert ("Minimum issue", "more than JPY 500", "reached") in found


def test_a_cap_says_what_it_takes_off() -> None:
    most = {"kind": "percent_of_base", "value": "8"}
    found = of(terms(cap=most), outages=[outage("2026-04-10T10:00:00Z", 60)])
    assert found["Credit in money"][2] == "EUR 812.50"
    assert found["Cap"] == ("8 % of the base, EUR 650.00", "5.3", "−EUR 162.50")
    assert found["Service credit"][2] == "EUR 650.00"


def test_an_amount_below_the_minimum_is_forfeited_or_carried() -> None:
    down = [outage("2026-04-10T10:00:00Z", 60)]
    minimum = {"op": ">", "amount": "1000"}
    lost = of(terms(minimum_issue=minimum), outages=down)
    assert lost["Minimum issue"][2] == "forfeited"
    assert lost["Service credit"][2] == "EUR 0.00"
    kept = of(terms(minimum_issue=minimum | {"below": "carry"}), outages=down, carried_forward="20")
    assert kept["Carried forward"][2] == "EUR 20.00"
    assert kept["Minimum issue"][2] == "EUR 832.50 carried on"


def test_excluded_time_that_leaves_the_denominator_is_subtracted() -> None:
    found = of(terms(exclude={"effect": "remove"}), maintenance=[maintenance("2026-04-12T01:00:00Z", 120)])
    assert found["Excluded"][2] == "−7,200 s"
    assert found["Eligible time"][2] == "2,584,800 s"


def test_time_below_the_minimum_is_told_and_not_subtracted() -> None:
    minimum = {"min_run": {"seconds": 600, "op": ">=", "test_on": "merged"}}
    found = of(terms(shape=minimum), outages=[outage("2026-04-10T10:00:00Z", 5)])
    assert found["Below the minimum"][2] == "(300 s)"
    assert found["Eligible time"][2] == "2,592,000 s"


@pytest.mark.parametrize(("treated", "value"), [("as_up", "(600 s)"), ("remove", "−600 s")])
def test_unmeasured_time_stands_as_the_terms_treat_it(treated: str, value: str) -> None:
    gap = {"component": "api", "start": "2026-04-11T10:00:00Z", "end": "2026-04-11T10:10:00Z"}
    assert of(terms(no_data=treated), no_data=[gap])["No measurements"][2] == value


def test_a_hole_in_the_table_gives_nothing_and_says_so() -> None:
    table = {"rules": [brackets(((None, "99", "10"),))]}
    found = of(terms(credit=table), outages=[outage("2026-04-10T10:00:00Z", 60)])
    assert found["Credit table"] == ("uptime 99.861111… %: in no row of the table", "5.1", "0 %")


def test_without_a_miss_there_is_no_base_and_no_cap() -> None:
    found = of(terms())
    assert found["Do credit rules apply?"] == ("the commitment is met", "", "no")
    assert not {"Base", "Credit in money", "Cap"} & set(found)


def test_terms_without_credit_rules_say_so() -> None:
    found = of(terms(credit={"rules": []}, cap=None), outages=[outage("2026-04-10T10:00:00Z", 60)])
    assert found["Credit rules"][2] == "none"
    assert found["Service credit"] == ("nothing is due", "", "EUR 0.00")


@pytest.mark.parametrize(
    ("rule", "detail"),
    [
        (
            {"quantity": "lost_seconds", "step": "1800", "round": "ceil", "rate": "5", "per": "run"},
            "downtime 7,200 s ÷ 1,800 s for each outage by itself = 5 started steps × 5 %",
        ),
        (
            {"quantity": "lost_seconds", "step": "period", "round": "exact", "rate": "1000"},
            "downtime 7,200 s ÷ the period’s length = 0.002777… × 1,000 %",
        ),
        (
            {"quantity": "lost_seconds_beyond_allowance", "step": "3600", "round": "floor", "rate": "5"},
            "downtime beyond what is allowed 5,904 s ÷ 3,600 s = 1 full step × 5 %",
        ),
        ({"quantity": "runs", "step": "1", "round": "exact", "rate": "2"}, "2 outages × 2 %"),
        (
            {"quantity": "days_touched", "step": "1", "round": "exact", "rate": "2"},
            "2 days with downtime × 2 %",
        ),
        (
            {"quantity": "points_below", "reference": "99.9", "step": "0.1", "round": "ceil", "rate": "2"},
            "0.177777… points below 99.9 % ÷ 0.1 points = 2 started steps × 2 %",
        ),
    ],
)
def test_a_metered_credit_shows_its_arithmetic(rule: Json, detail: str) -> None:
    down = [outage("2026-04-10T10:00:00Z", 20), outage("2026-04-12T10:00:00Z", 100)]
    found = of(terms(credit={"rules": [{"type": "metered", **rule}]}), outages=down)
    assert found["Metered credit"][0] == detail


@pytest.mark.parametrize(
    ("combine", "downtime", "uptime"),
    [
        (
            "min",
            ("of the component with the lowest uptime", "4,680 s"),
            "the lowest of the components’ uptimes",
        ),
        ("mean", ("of all components, added up", "6,480 s"), "the mean of the components’ uptimes"),
        ("pooled", ("of all components, added up", "6,480 s"), "from the two sums"),
    ],
)
def test_combined_ratios_say_whose_time_it_is(combine: str, downtime: tuple[str, str], uptime: str) -> None:
    down = [outage("2026-04-10T10:00:00Z", 78), outage("2026-04-12T10:00:00Z", 30, component="sso")]
    agreed = terms(("api", "sso"), components={"names": ["api", "sso"], "combine": combine})
    found = of(agreed, outages=down)
    assert (found["Downtime"][0], found["Downtime"][2]) == downtime
    assert found["Uptime"][0].startswith(uptime)


def test_the_contracts_clause_is_found_by_field_or_by_what_the_field_is_part_of() -> None:
    numbers = {"credit.rules[0]": "5.1(a)", "signal": "2", "exclude.effect": "4.1", "cap.value": "9"}
    down, work = [outage("2026-04-10T10:00:00Z", 60)], [maintenance("2026-04-12T01:00:00Z", 60)]
    found = of(terms(clauses=numbers), outages=down, maintenance=work)
    assert found["Credit table"][1] == "5.1(a)"
    assert found["Downtime"][1] == "2"
    assert found["Excluded"][1] == "4.1"
    assert found["Commitment"][1] == found["Cap"][1] == ""


def counts(component: str = "api", failed: int = 50) -> list[Json]:
    """Two minutes of 1,000 requests each."""
    at = {"component": component, "seconds": 60, "total": 1000, "errors": failed}
    return [{**at, "start": f"2026-04-10T10:{minute:02}:00Z"} for minute in (0, 1)]


RATE = {"source": "requests", "severity_weight": {}}


@pytest.mark.parametrize(
    ("rule", "how"),
    [
        (None, "each lost by its share of failed requests"),
        ({"mode": "threshold", "above": "0.05"}, "each lost where more than 5 % failed"),
        ({"mode": "threshold", "above": "0.05", "op": ">="}, "each lost where at least 5 % failed"),
    ],
)
def test_requests_are_shown_with_how_many_failed_and_how_that_loses_time(rule: Json | None, how: str) -> None:
    agreed = terms(signal=RATE | ({"requests": rule} if rule else {}), clauses={"signal.requests": "2.4"})
    shown = of(agreed, requests=counts())["Requests"]
    assert shown == (f"100 of 2,000 failed in 2 intervals, {how}", "2.4", "(5.000 %)")


def test_each_component_has_its_requests_and_who_has_none_has_no_line() -> None:
    agreed = terms(("api", "console", "hooks"), signal=RATE)
    shown = of(agreed, requests=[*counts(), *counts("console", 0)[:1]])
    assert shown["Requests, Northwind API"][2] == "(5.000 %)"
    assert shown["Requests, Web console"][0].startswith("0 of 1,000 failed in 1 interval,")
    assert "Requests, Webhooks" not in shown


def test_a_right_to_end_the_contract_says_whether_it_is_held() -> None:
    rights = [{"below": "99.9", "n": 1, "m": 6}, {"below": "99", "n": 2, "m": 3, "consecutive": True}]
    agreed = terms(terminate=rights, clauses={"terminate": "9.1"})
    found = lines(statement([case("API", agreed, {"outages": [outage("2026-04-10T10:00:00Z", 60)]})]))
    assert [(step.detail, step.clause, step.value) for step in found if step.label == "Right to end"] == [
        ("below 99.9 % in 1 of 6 periods; 1 so far", "9.1", "held"),
        ("below 99 % in 2 of 3 periods, one after the other; 0 so far", "9.1", "not held"),
    ]


def test_requests_that_the_terms_do_not_judge_are_no_part_of_the_computation() -> None:
    assert "Requests" not in of(terms(), requests=counts())
