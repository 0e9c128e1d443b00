"""Terms as fields of the form and back: nothing is lost, and a ladder is the ranges that it stands for."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from accounts.admin.contract_form import terms as form
from accounts.admin.contract_form.ladders import ladder_of, ranges_of
from accounts.admin.contract_form.paths import parents, rows, under, without_row
from accounts.admin.contract_form.paying import CLAUSE_PATHS
from accounts.admin.contract_form.sections import start
from accounts.admin.contract_form.table import FIELDS, LISTS, OPTIONAL
from accounts.catalogue import catalogue
from slaservice.rules.documents import parse_terms
from slaservice.rules.wording import clauses
from tests.factories.accounts import TERMS
from tests.rules.strategies import cases

RULES = Path(__file__).parents[1] / "rules"
ALL = [
    *((entry.key, entry.terms) for entry in catalogue().values()),
    *(
        (case["id"], case["terms"])
        for name in ("cases_public.json", "cases_own.json")
        for case in json.loads((RULES / name).read_text())["cases"]
    ),
]
PAGES = {name: form.shown(form.canonical(terms)) for name, terms in ALL}


def back(terms: dict[str, Any], **how: bool) -> dict[str, Any]:
    found = form.entered(form.shown(terms, **how))
    assert found.faults == []
    return form.canonical(found.terms)


def faults(**texts: str) -> dict[str, str]:
    """What the form says of honest terms with these fields typed anew, dots for double underscores."""
    typed = form.shown(form.canonical(TERMS)) | {
        path.replace("__", "."): text for path, text in texts.items()
    }
    return dict(form.entered(typed).faults)


# What goes in comes out


def test_the_catalogue_and_the_cases_are_all_here() -> None:
    assert len(catalogue()) == 74
    assert len(ALL) > 250


@pytest.mark.parametrize(("name", "terms"), ALL, ids=[name for name, _ in ALL])
def test_terms_come_back_from_the_form_as_they_went_in(name: str, terms: dict[str, Any]) -> None:
    read = form.canonical(terms)
    assert back(read) == read
    assert back(read, ladders=False) == read
    assert form.unshown(read) == []


@given(cases())
@settings(max_examples=150, deadline=None)
def test_whatever_terms_there_are_come_back_as_they_went_in(case: dict[str, Any]) -> None:
    read = form.canonical(case["terms"])
    assert back(read) == read


def test_what_the_form_leaves_at_its_start_is_what_terms_say_by_default() -> None:
    least = form.canonical({"commitment_percent": "99.9", "signal": {"severity_weight": {}}})
    shown = form.shown(least)
    for field in FIELDS:
        if not field.path.startswith(tuple(f"{part}." for part in OPTIONAL)):
            assert shown.get(field.path, "") in (field.default, "99.9"), field.path
    started = {name: text for name, text in start().items() if "severity_weight" not in name}
    assert form.canonical(form.entered(started | {"commitment_percent": "99.9"}).terms) == least


def test_every_part_of_the_terms_has_a_field() -> None:
    def paths(value: Any, path: str = "") -> set[str]:
        keyed = any(path == many.path for many in LISTS) or path in (
            "service_hours.exceptions",
            "exclude.categories",
        )
        if keyed or path == "credit.rules" or not isinstance(value, dict):
            return {path}
        return set().union(*(paths(part, f"{path}.{name}".lstrip(".")) for name, part in value.items()))

    known = {field.path for field in FIELDS} | {many.path for many in LISTS} | {"credit.rules"}
    for name, terms in ALL:
        read = form.canonical(terms)
        optional = {path for path in paths(read) if path in OPTIONAL or path == "service_hours.weekly"}
        assert paths(read) - optional <= known, name


def test_every_clause_of_the_wording_can_be_given_its_number() -> None:
    for name, terms in ALL:
        read = parse_terms({"money": {"currency": "EUR"}, **terms, "components": {"names": ["a"]}})
        for path, _ in clauses(read):
            assert re.sub(r"\[\d]", "[0]", path) in CLAUSE_PATHS, (name, path)


# What the form cannot show


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"signal": {"severity_weight": {" down": "1"}}}, "signal.severity_weight. down"),
        ({"claim": {"by": "customer", "evidence": "logs\r\nand more"}}, "claim.evidence"),
    ],
)
def test_what_would_not_come_back_is_named(change: dict[str, Any], path: str) -> None:
    assert path in form.unshown(form.canonical(TERMS | change))


# The ladder

USUAL: list[dict[str, Any]] = [
    {"from": "99", "from_closed": True, "to": "99.9", "to_closed": False, "credit": "10"},
    {"from": "95", "from_closed": True, "to": "99", "to_closed": False, "credit": "25"},
    {"from": None, "from_closed": True, "to": "95", "to_closed": False, "credit": "100"},
]
LADDERS = [
    ("below", [("99.9", "10"), ("99", "25"), ("95", "100")], USUAL),
    ("below", [("95", "100"), ("99.9", "10"), ("99", "25")], [USUAL[2], USUAL[0], USUAL[1]]),
    (
        "at_most",
        [("99.9", "10"), ("99", "25")],
        [
            {"from": "99", "from_closed": False, "to": "99.9", "to_closed": True, "credit": "10"},
            {"from": None, "from_closed": False, "to": "99", "to_closed": True, "credit": "25"},
        ],
    ),
    (
        "above",
        [("3600", "5"), ("7200", "10")],
        [
            {"from": "3600", "from_closed": False, "to": "7200", "to_closed": True, "credit": "5"},
            {"from": "7200", "from_closed": False, "to": None, "to_closed": True, "credit": "10"},
        ],
    ),
    (
        "at_least",
        [("2", "5"), ("4", "10")],
        [
            {"from": "2", "from_closed": True, "to": "4", "to_closed": False, "credit": "5"},
            {"from": "4", "from_closed": True, "to": None, "to_closed": True, "credit": "10"},
        ],
    ),
]


@pytest.mark.parametrize(("direction", "rungs", "ranges"), LADDERS)
def test_a_ladder_stands_for_ranges_and_those_ranges_are_shown_as_it(
    direction: str, rungs: list[tuple[str, str]], ranges: list[dict[str, Any]]
) -> None:
    assert ranges_of(rungs, direction) == ranges
    assert ladder_of(ranges) == (direction, rungs)


@pytest.mark.parametrize(
    "ranges",
    [
        [USUAL[0], USUAL[2]],  # a hole
        [USUAL[0] | {"from_closed": False}, *USUAL[1:]],  # a hole at exactly 99
        [USUAL[0] | {"from": "98"}, *USUAL[1:]],  # an overlap
        [*USUAL[:2], USUAL[2] | {"from": "0"}],  # ends at 0
        [USUAL[0] | {"from": None, "to": None}],
    ],
)
def test_ranges_that_are_no_ladder_keep_both_ends(ranges: list[dict[str, Any]]) -> None:
    assert ladder_of(ranges) is None


def test_most_tables_of_the_catalogue_are_ladders() -> None:
    kinds = [text for page in PAGES.values() for name, text in page.items() if name.endswith("].kind")]
    assert kinds.count("ladder") > kinds.count("ranges") + kinds.count("metered")


# Units


@pytest.mark.parametrize(
    ("path", "text", "unit", "value"),
    [
        ("exclude.notice_seconds", "48", "hours", 172_800),
        ("exclude.notice_seconds", "1.5", "minutes", 90),
        ("exclude.notice_seconds", "0", "minutes", 0),
        ("shape.min_run.seconds", "5", "minutes", 300),
        ("signal.affected_share.above", "5", "", "0.05"),
        ("signal.affected_share.above", "100/3", "", "1/3"),
        ("signal.affected_share.above", "5 %", "", "0.05"),
        ("commitment_percent", "99.9 %", "", "99.9"),
    ],
)
def test_a_field_is_read_in_its_unit(path: str, text: str, unit: str, value: object) -> None:
    found: Any = form.entered({path: text, f"{path}.unit": unit}).terms
    for step in path.split("."):
        found = found[step]
    assert found == value


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(172_800, ("2", "days")), (176_400, ("49", "hours")), (90, ("90", "seconds")), (0, ("0", "seconds"))],
)
def test_a_duration_is_shown_in_the_longest_unit_that_fits(seconds: int, shown: tuple[str, str]) -> None:
    page = form.shown(form.canonical(TERMS | {"exclude": {"notice_seconds": seconds}}))
    assert (page["exclude.notice_seconds"], page["exclude.notice_seconds.unit"]) == shown


def test_hours_are_written_as_people_write_them() -> None:
    hours = {
        "timezone": "Europe/Berlin",
        "weekly": {"mon": [["08:00", "12:00"], ["13:00", "18:00"]], "sun": []},
        "exceptions": {"2026-12-25": [], "2026-12-24": [["08:00", "12:00"]]},
    }
    page = form.shown(form.canonical(TERMS | {"service_hours": hours}))
    assert page["service_hours.weekly.mon"] == "08:00-12:00, 13:00-18:00"
    assert page["service_hours.weekly.sun"] == "closed"
    assert "service_hours.weekly.tue" not in page
    assert sorted(page["service_hours.exceptions"].split("\n")) == [
        "2026-12-24 08:00-12:00",
        "2026-12-25 closed",
    ]


# What cannot be read

FAULTS = [
    ({"exclude__notice_seconds": "2 days"}, "exclude.notice_seconds", "whole seconds"),
    ({"shape__min_run__seconds": "0.5", "shape__min_run__seconds__unit": "seconds"}, "shape.min_run.seconds", "whole"),
    ({"claim__deadline__n": "thirty"}, "claim.deadline.n", "whole number"),
    ({"no_data": "maybe"}, "no_data", "none of the choices"),
    ({"exclude__notice_seconds": "2", "exclude__notice_seconds__unit": "weeks"}, "exclude.notice_seconds", "units"),
    ({"service_hours__weekly__mon": "8 to 6"}, "service_hours.weekly.mon", "08:00-18:00"),
    ({"service_hours__exceptions": "2026-12-25\n2026-12-25 closed"}, "service_hours.exceptions", "twice"),
    ({"exclude__categories__beta": "on"}, "exclude.categories", "only these"),
    ({"signal__severity_weight[3].weight": "10"}, "signal.severity_weight[3].severity", "required"),
    ({"signal__severity_weight[3].severity": "minor"}, "signal.severity_weight[3].weight", "required"),
    ({"credit__rules[0].bounds": "hours"}, "credit.rules[0].bounds", "only downtimes"),
    ({"credit__rules[0].ladder[1].bound": ""}, "credit.rules[0].ladder[1].bound", "required"),
    ({"credit__rules[1].quantity": "runs"}, "credit.rules[1].ladder", "at least one row"),
    ({"credit__rules[0].kind": "guess"}, "credit.rules[0].kind", "none of the choices"),
    ({"terminate[1].below": "99"}, "terminate[0]", "says nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "path", "reason"), FAULTS)
def test_what_cannot_be_read_is_a_fault_of_its_field(texts: dict[str, str], path: str, reason: str) -> None:
    assert reason in faults(**texts)[path]


def test_a_severity_that_stands_twice_is_told_not_overwritten() -> None:
    twice = {"signal.severity_weight[3].severity": "major_outage", "signal.severity_weight[3].weight": "1"}
    found = faults(**twice)
    assert found == {"signal.severity_weight[3].severity": "stands twice"}


def test_rows_left_empty_at_the_end_say_nothing() -> None:
    typed = form.shown(form.canonical(TERMS)) | {
        "credit.rules[0].ladder[3].bound": "",
        "credit.rules[1].kind": "ladder",
        "credit.rules[1].ladder[0].bound": "",
        "terminate[0].n": "1",
        "clauses[0].field": "",
    }
    assert form.canonical(form.entered(typed).terms) == form.canonical(TERMS)


def test_a_part_is_there_as_soon_as_one_of_its_fields_says_something() -> None:
    assert form.entered({"cap.per": "period"}).terms.get("cap") is None
    assert form.entered({"cap.per": "contract"}).terms["cap"] == {"per": "contract"}
    assert form.entered({"cap.value": "10"}).terms["cap"] == {
        "value": "10"
    }  # for the rules to refuse: of what kind?


# Where a fault of the document stands in the form


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("commitment_percent", "commitment_percent"),
        ("credit.rules[0].ranges[1].to", "credit.rules[0].ladder[1].bound"),
        ("credit.rules[0].ranges[1].from", ""),  # said at the rung whose bound it is
        ("credit.rules[0].ranges[2].credit", "credit.rules[0].ladder[2].credit"),
        ("credit.rules[0].ranges[2]", "credit.rules[0].ladder[2].bound"),
        ("signal.severity_weight.partial_outage", "signal.severity_weight[1].weight"),
    ],
)
def test_a_fault_of_the_document_has_its_place_in_the_form(path: str, place: str) -> None:
    assert form.entered(form.shown(form.canonical(TERMS))).place(path) == place


# Paths


def test_a_path_leads_up_step_by_step() -> None:
    assert parents("a[0].b.c[1]") == ["a[0].b.c[1]", "a[0].b.c", "a[0].b", "a[0]", "a"]


def test_a_row_that_is_taken_out_moves_the_later_ones_up() -> None:
    texts = {"x[0].a": "1", "x[1].a": "2", "x[1].c": "6", "x[2].a": "3", "x[2].y[1].b": "4", "z[2]": "5"}
    assert without_row(texts, "x[1]") == {"x[0].a": "1", "x[1].a": "3", "x[1].y[1].b": "4", "z[2]": "5"}
    assert without_row(texts, "x") == texts
    assert rows(texts, "x") == 3
    assert rows({"x[99999].a": ""}, "x") == 0
    assert under(texts, "x[2]") == {"a": "3", "y[1].b": "4"}
