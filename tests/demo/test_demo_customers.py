"""The demonstration's customers: terms that the rules accept, and a quarter with every kind of result."""

from collections import Counter
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from reports.demo import readings
from reports.demo.readings import Window, downtime
from slaservice.rules import money
from slaservice.rules.agreement import settle
from slaservice.rules.assessment import Assessment, assess
from slaservice.rules.documents import parse_agreement, parse_case, parse_terms, result_json
from slaservice.rules.wording import clauses
from slaservice.rules.workflow import ROLES

Json = dict[str, Any]

DEMO = readings.load("customers.json")
CODES = readings.codes(DEMO)
CONFIRMED = readings.confirmed(readings.load("feed.json"), readings.load("decisions.json"), CODES)
SIGNED = [contract for customer in DEMO["customers"] for contract in customer["contracts"]]
CONTRACTS = {contract["number"]: contract for contract in SIGNED}
COMMITMENTS = [(contract, commitment) for contract in SIGNED for commitment in contract["commitments"]]
QUARTERLY = 3


def terms_of(commitment: Json) -> Json:
    components = {**commitment["terms"]["components"], "names": commitment["components"]}
    return {**commitment["terms"], "components": components}


def midnight(day: str | None, zone: str) -> str | None:
    return day and datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).isoformat()


def case(contract: Json, commitment: Json, month: int, history: list[bool]) -> Json:
    """The case document of a commitment and the period that starts with a month of 2026."""
    codes, zone = commitment["components"], contract["timezone"]
    outages = [w for w in CONFIRMED if w.component in codes and month <= w.start.month < month + QUARTERLY]
    maintenance = [m for m in DEMO["maintenance"] if m["component"] in (None, *codes)]
    period = {"kind": "calendar", "year": 2026, "month": month, "months": contract["period_months"]}
    evidence = {
        "period": {**period, "timezone": zone},
        "service_start": midnight(contract["starts_on"], zone),
        "service_end": midnight(contract.get("ends_on"), zone),
        "outages": [outage(window) for window in outages],
        "maintenance": [excuse(entry) for entry in maintenance],
        "fee": commitment["fee"],
        "history": history,
    }
    return {"terms": terms_of(commitment), "input": evidence}


def outage(window: Window) -> Json:
    span = {"start": window.start.isoformat(), "end": window.end.isoformat()}
    return {"component": window.component, "severity": window.severity, "id": window.incident, **span}


def excuse(entry: Json) -> Json:
    kept = {key: entry[key] for key in ("start", "end", "category", "announced_at")}
    return {**kept, "component": entry["component"] or "*", "id": entry["reference"]}


@cache
def quarter() -> dict[tuple[str, str, int], Assessment]:
    """(contract, commitment, first month) -> what it came to, for every period that ends in the quarter."""
    found: dict[tuple[str, str, int], Assessment] = {}
    for contract, commitment in COMMITMENTS:
        history: list[bool] = []
        for month in (4,) if contract["period_months"] == QUARTERLY else (4, 5, 6):
            if date.fromisoformat(contract["starts_on"]) < date(2026, month + contract["period_months"], 1):
                result = assess(parse_case(case(contract, commitment, month, history)))
                history.append(result.met)
                found[contract["number"], commitment["name"], month] = result
    return found


def test_the_terms_are_accepted_and_number_only_clauses_that_are_printed() -> None:
    for contract, commitment in COMMITMENTS:
        terms = parse_terms(terms_of(commitment))
        assert terms.clauses.keys() <= {path for path, _ in clauses(terms)}, commitment["name"]
        assert terms.money.currency == contract["currency"]
        assert "names" not in commitment["terms"]["components"]


def test_names_point_to_what_the_file_itself_holds() -> None:
    people = {person["username"]: person["role"] for person in DEMO["people"]}
    assert set(people.values()) == set(ROLES)
    for customer in DEMO["customers"]:
        assert people[customer["account_manager"]] == "account manager"
    for contract, commitment in COMMITMENTS:
        assert contract["tier"] in {tier["code"] for tier in DEMO["tiers"]}
        assert set(commitment["components"]) <= set(CODES.values())
        _, _, decimals = commitment["fee"].partition(".")
        assert len(decimals) == money.minor_units(contract["currency"])
    users = [user["username"] for customer in DEMO["customers"] for user in customer["users"]]
    assert Counter([*users, *people]).most_common(1)[0][1] == 1
    assert len(SIGNED) == len(CONTRACTS), "a number stands twice"


def test_customers_differ_in_tier_currency_zone_period_and_start() -> None:
    assert len(DEMO["customers"]) >= 8
    assert {contract["tier"] for contract in SIGNED} == {"pro", "team", "enterprise", "government"}
    assert len({contract["currency"] for contract in SIGNED}) >= 6
    assert len({contract["timezone"] for contract in SIGNED}) >= 8
    assert {contract["period_months"] for contract in SIGNED} == {1, QUARTERLY}
    assert "2026-05-18" in {contract["starts_on"] for contract in SIGNED}, "mid-month and mid-quarter"


def test_the_quarter_shows_every_kind_of_result() -> None:
    results = quarter()
    credit = {key: result.credit for key, result in results.items()}
    missed = {key for key, result in results.items() if not result.met}
    assert len(results) - len(missed) >= 5
    assert {key for key in missed if credit[key].capped} == {
        ("DEMO-2026-0008", "API", 5),
        ("DEMO-2026-0015", "Build tools", 5),
    }
    earning_nothing = {key for key in missed if not credit[key].amount}
    assert earning_nothing == {
        ("DEMO-2026-G002", "Government", 4),  # a hole in the printed table
        ("DEMO-2026-0026", "Assistant", 4),  # the first failing month
        *(("DEMO-2026-P044", "Assistant", month) for month in (4, 5, 6)),  # below the minimum issue
    }


def test_maintenance_in_time_excuses_an_outage_and_maintenance_announced_late_does_not() -> None:
    console = quarter()["DEMO-2026-0015", "Administration", 4]
    excused = [row for row in result_json(console)["ledger"][0]["rows"] if row["bucket"] == "excluded"]
    assert {row["exclusion"] for row in excused} == {"demo-maintenance-1"}
    sign_ups = next(window for window in CONFIRMED if window.incident == "s0lttkq5mmt2")
    lost = downtime([sign_ups], "claude-console", sign_ups.start, sign_ups.end, Fraction(3, 10))
    assert console.measured_downtime - console.downtime == lost
    assistant = result_json(quarter()["DEMO-2026-0026", "Assistant", 5])
    late = [row for row in assistant["ledger"][0]["rows"] if row["marks"]]
    assert {row["windows"][0] for row in late if row["bucket"] == "down"} == {"yn24rtdnf77b"}
    assert all("demo-maintenance-2" in mark for row in late for mark in row["marks"])


def test_several_commitments_share_one_cap_which_only_may_reaches() -> None:
    contract = CONTRACTS["DEMO-2025-0017"]
    agreement = parse_agreement({"overlap": contract["overlap"], "cap": contract["cap"]})
    names = [commitment["name"] for commitment in contract["commitments"]]
    for month, capped in ((4, False), (5, True), (6, False)):
        results = {name: quarter()[contract["number"], name, month] for name in names}
        assert settle(agreement, results).capped == capped


def test_an_outage_below_the_minimum_run_is_left_out() -> None:
    workspace = quarter()["DEMO-2026-0003", "Workspace", 4]
    assert workspace.seconds("below_minimum") == Fraction("80.339")


def test_the_rules_and_the_independent_count_agree() -> None:
    for number, name, month in (("DEMO-2026-0008", "API", 5), ("DEMO-2026-0026", "Assistant", 6)):
        result = quarter()[number, name, month]
        period = result_json(result)
        start, end = (readings.instant(period[f"period_{edge}"]) for edge in ("start", "end"))
        component = result.case.terms.components.names[0]
        assert result.downtime == downtime(CONFIRMED, component, start, end, Fraction(1))


def test_maintenance_is_labelled_as_invented() -> None:
    for entry in DEMO["maintenance"]:
        assert entry["title"].startswith("Demo example") and entry["note"].startswith("Invented")
        announced, start, end = (readings.instant(entry[key]) for key in ("announced_at", "start", "end"))
        assert announced < start < end
