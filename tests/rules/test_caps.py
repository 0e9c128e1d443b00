"""What caps leave for a credit: never more than the cap, whatever other periods got, and what the terms owe while it fits."""

from datetime import datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slaservice.rules.agreement import settle
from slaservice.rules.assessment import assess
from slaservice.rules.caps import Granted, Room, counts_together, rooms, share_of
from slaservice.rules.documents import (
    agreement_json,
    case_json,
    parse_agreement,
    parse_case,
    result_json,
    total_json,
)
from slaservice.rules.intervals import instant
from slaservice.rules.periods import zone_named
from tests.rules.samples import Json, case, outage, terms

NOTHING: dict[str, list[Granted]] = {"contract": [], "contract_year": []}
LONG, SHORT = ("10 12:00", "10 22:00"), ("10 12:00", "10 13:00")
"""Ten hours down owe 25 % of the fee of 1,000, one hour owes 10 %."""


def a_document(*cases: tuple[str, Json], **agreement: Any) -> Json:
    """A statement's document of cases with their titles, as the close writes it."""
    read = {title: parse_case(one) for title, one in cases}
    assessments = {title: assess(one) for title, one in read.items()}
    parts = parse_agreement(agreement)
    return {
        "agreement": agreement_json(parts),
        "cases": [
            {"id": title, "title": title, **case_json(one), "expected": result_json(assessments[title])}
            for title, one in read.items()
        ],
        "total": total_json(settle(parts, assessments)),
    }


def a_case(span: tuple[str, str] | None = LONG, cap: Json | None = None, **more: Any) -> Json:
    return case(*([outage(*span)] if span else []), terms=terms(cap=cap), **more)


def capped(value: str, per: str, kind: str = "amount") -> Json:
    return {"kind": kind, "value": value, "per": per}


def others(*amounts: str, document: Json, window: str = "contract_year") -> dict[str, list[Granted]]:
    granted = [
        Granted((f"SLA-{position}",), Fraction(amount), document) for position, amount in enumerate(amounts)
    ]
    return {**NOTHING, window: granted}


def most(found: list[Room]) -> list[tuple[str, str, str]]:
    return [(room.cap, room.window, str(room.most)) for room in found]


def test_terms_without_a_cap_bound_nothing() -> None:
    assert rooms(a_document(("A", a_case())), already=Fraction(0), granted=NOTHING) == []


@pytest.mark.parametrize(
    ("cap", "expected"),
    [
        (capped("300", "period"), "300.00"),
        (capped("100", "period", "percent_of_base"), "1000.00"),
        (capped("3", "period", "days"), "100.00"),
        (capped("200", "period"), "200.00"),
    ],
)
def test_the_cap_of_a_period_bounds_what_finance_may_grant(cap: Json, expected: str) -> None:
    document = a_document(("A", a_case(cap=cap)))
    assert most(rooms(document, already=Fraction(0), granted=NOTHING)) == [("A", "period", expected)]


def test_what_earlier_revisions_granted_is_part_of_the_periods_cap() -> None:
    document = a_document(("A", a_case(cap=capped("300", "period"))))
    assert most(rooms(document, already=Fraction(250), granted=NOTHING)) == [("A", "period", "50.00")]


def test_a_commitment_without_a_cap_leaves_the_sum_open() -> None:
    document = a_document(("A", a_case(cap=capped("300", "period"))), ("B", a_case()))
    assert rooms(document, already=Fraction(0), granted=NOTHING) == []


def test_a_cap_for_each_outage_does_not_bound_the_sum_of_outages() -> None:
    run = {"type": "metered", "quantity": "lost_seconds", "step": "3600", "rate": "5", "per": "run"}
    one = case(outage(*LONG), terms=terms(cap=capped("30", "run"), credit__rules=[run]))
    assert rooms(a_document(("A", one)), already=Fraction(0), granted=NOTHING) == []


@pytest.mark.parametrize("window", ["contract_year", "contract"])
def test_what_other_periods_were_granted_counts_against_the_window(window: str) -> None:
    document = a_document(("A", a_case(cap=capped("600", window))))
    (room,) = (
        one
        for one in rooms(
            document,
            already=Fraction(0),
            granted=others("250", "200.50", document=document, window=window),
        )
        if one.window == window
    )
    assert (str(room.most), room.used, room.limit) == ("149.50", Fraction("450.5"), Fraction(600))
    assert room.by == ("SLA-0", "SLA-1")


def test_the_sentence_says_the_cap_who_took_of_it_and_what_is_left() -> None:
    document = a_document(("A", a_case(cap=capped("600", "contract_year"))))
    room = rooms(document, already=Fraction(0), granted=others("250", "200.50", document=document))[-1]
    assert room.sentence() == (
        "The cap of A for a contract year is USD 600.00, of which USD 450.50 was granted by SLA-0 and SLA-1:"
        " it leaves USD 149.50 for this credit."
    )


def test_a_window_that_is_used_up_leaves_nothing_and_says_no_more_than_the_cap() -> None:
    document = a_document(("A", a_case(cap=capped("600", "contract_year"))))
    room = rooms(document, already=Fraction(0), granted=others("800", document=document))[-1]
    assert str(room.most) == "0.00"
    assert "USD 600.00, of which USD 600.00 was granted by SLA-0: it leaves USD 0.00" in room.sentence()


def test_the_other_window_has_no_bearing() -> None:
    document = a_document(("A", a_case(cap=capped("600", "contract_year"))))
    found = rooms(document, already=Fraction(0), granted=others("550", document=document, window="contract"))
    assert str(found[-1].most) == "600.00"


def test_a_contract_without_a_window_pays_whatever_was_paid_before() -> None:
    document = a_document(("A", a_case(cap=capped("600", "period"))))
    found = rooms(document, already=Fraction(0), granted=others("9000", document=document))
    assert most(found) == [("A", "period", "600.00")]


def test_money_below_the_minimum_that_was_carried_here_is_no_part_of_the_cap() -> None:
    document = a_document(("A", a_case(cap=capped("200", "contract_year"), carried_forward="7")))
    assert document["cases"][0]["expected"]["credit_amount"] == "207.00"
    found = rooms(document, already=Fraction(0), granted=others("180", document=document))
    assert str(found[-1].most) == "27.00"


def test_one_commitments_window_does_not_bind_another() -> None:
    """A owes 250 and may get 20 more; B, which owes 100, has no window: both together may get 120."""
    both = a_document(("A", a_case(cap=capped("600", "contract_year"))), ("B", a_case(SHORT)))
    alone = a_document(("A", a_case(cap=capped("600", "contract_year"))))
    found = rooms(both, already=Fraction(0), granted=others("250", "330", document=alone))
    assert most(found) == [("A", "contract_year", "120.00")]


def test_a_commitment_that_owes_nothing_is_not_asked_for_its_window() -> None:
    both = a_document(("A", a_case(None, cap=capped("600", "contract_year"))), ("B", a_case(SHORT)))
    alone = a_document(("A", a_case(cap=capped("600", "contract_year"))))
    assert rooms(both, already=Fraction(0), granted=others("600", document=alone)) == []


def test_what_is_granted_is_laid_to_commitments_without_a_window_first() -> None:
    both = a_document(("A", a_case(cap=capped("600", "contract_year"))), ("B", a_case(SHORT)))
    assert [
        share_of("A", Granted((), Fraction(amount), both), {"A"}) for amount in (350, 200, 100, 60, 400)
    ] == [250, 100, 0, 0, 300]


def test_two_commitments_with_windows_take_in_the_proportion_of_what_they_owe() -> None:
    cap = capped("600", "contract_year")
    both = a_document(("A", a_case(cap=cap)), ("B", a_case(SHORT, cap=cap)))
    shares = {name: share_of(name, Granted((), Fraction(70), both), {"A", "B"}) for name in "AB"}
    assert shares == {"A": 50, "B": 20}
    assert share_of("C", Granted((), Fraction(70), both), {"A", "B", "C"}) == 0


def test_where_the_best_of_two_counts_the_other_takes_nothing() -> None:
    cap = capped("600", "contract_year")
    document = a_document(("A", a_case(cap=cap)), ("B", a_case(SHORT, cap=cap)), overlap="best")
    assert share_of("B", Granted((), Fraction(250), document), {"A", "B"}) == 0
    found = rooms(document, already=Fraction(0), granted=others("400", document=document))
    assert most(found) == [("A", "period", "600.00"), ("A", "contract_year", "200.00")]


def test_parts_of_a_period_share_an_amount_and_add_up_percentages() -> None:
    for kind, value, expected in [("amount", "600", "600.00"), ("percent_of_base", "60", "1200.00")]:
        part = a_case(cap=capped(value, "contract_year", kind))
        document = a_document(("A", part), ("A (version 2)", part))
        for one in document["cases"]:
            one["title"] = "A"
        found = rooms(document, already=Fraction(0), granted=NOTHING)
        assert str(found[-1].most) == expected, kind


@pytest.mark.parametrize(
    ("cap", "granted", "expected"),
    [
        ({"kind": "amount", "value": "300"}, ["900"], "300.00"),
        ({"kind": "amount", "value": "300", "per": "contract_year"}, ["100", "120"], "80.00"),
        ({"kind": "percent_of_base", "value": "20", "per": "contract_year"}, ["100"], "300.00"),
        ({"kind": "amount", "value": "300", "per": "contract_year"}, ["400"], "0.00"),
    ],
)
def test_the_cap_over_all_commitments_counts_everything_that_was_granted(
    cap: Json, granted: list[str], expected: str
) -> None:
    document = a_document(("A", a_case()), ("B", a_case(SHORT)), cap=cap)
    found = rooms(document, already=Fraction(0), granted=others(*granted, document=document))
    assert [(room.cap, str(room.most)) for room in found] == [("the agreement", expected)]


MINOR = st.integers(0, 80_000)


@settings(deadline=None)
@given(limit=st.integers(1, 100_000), wishes=st.lists(MINOR, max_size=6))
def test_granting_no_more_than_the_room_never_exceeds_the_cap(limit: int, wishes: list[int]) -> None:
    """One period after the other takes what it wishes and the cap leaves; the sum is checked against the cap alone."""
    cap = Fraction(limit, 100)
    document = a_document(("A", a_case(cap=capped(str(cap), "contract"))))
    taken: list[Granted] = []
    for wish in wishes:
        found = rooms(document, already=Fraction(0), granted={**NOTHING, "contract": taken})
        room = min((one.most.minor for one in found), default=wish)
        taken = [*taken, Granted(("x",), Fraction(max(0, min(wish, room)), 100), document)]
    assert sum(one.amount for one in taken) <= cap
    if sum(wishes) <= limit:
        assert sum(one.amount for one in taken) * 100 == sum(wishes)


@settings(deadline=None)
@example(first=41_712, second=41_712, limits=(41_712, 90_000))
@example(first=65_536, second=1_321, limits=(1_321, 65_536))
@given(first=MINOR, second=MINOR, limits=st.tuples(st.integers(1, 90_000), st.integers(1, 90_000)))
def test_shares_never_take_more_from_a_window_than_it_holds(
    first: int, second: int, limits: tuple[int, int]
) -> None:
    """Two commitments with windows of their own and one without: each window holds, by the shares of what was granted."""
    caps = [Fraction(limit, 100) for limit in limits]
    document = a_document(
        ("A", a_case(cap=capped(str(caps[0]), "contract"))),
        ("B", a_case(SHORT, cap=capped(str(caps[1]), "contract"))),
        ("C", a_case(SHORT)),
    )
    taken: list[Granted] = []
    for wish in (first, second):
        found = rooms(document, already=Fraction(0), granted={**NOTHING, "contract": taken})
        room = min((one.most.minor for one in found), default=wish)
        taken = [*taken, Granted(("x",), Fraction(max(0, min(wish, room)), 100), document)]
    for name, cap in zip("AB", caps, strict=True):
        assert sum(share_of(name, one, {"A", "B"}) for one in taken) <= cap


@settings(deadline=None)
@given(granted=MINOR)
def test_what_the_terms_owe_fits_while_the_window_was_known(granted: int) -> None:
    """As computed with what earlier periods took, the credit is within the caps: nobody is stopped by a rounding."""
    before = Fraction(granted, 100)
    cap = {"kind": "percent_of_base", "value": "100/3", "per": "contract"}
    one = a_case(cap=cap, previously_credited=str(before))
    document = a_document(("A", one))
    found = rooms(
        document, already=Fraction(0), granted=others(str(before), document=document, window="contract")
    )
    owed = Fraction(document["total"]["credit_amount"])
    assert all(owed <= room.most.exact for room in found)


BERLIN = zone_named("Europe/Berlin")


@pytest.mark.parametrize(
    ("per", "one", "other", "together"),
    [
        ("contract_year", "2026-05-01", "2027-03-01", True),
        ("contract_year", "2027-03-01", "2027-04-01", False),
        ("contract_year", "2027-04-01", "2028-03-01", True),
        ("contract", "2026-05-01", "2036-05-01", True),
        ("period", "2026-05-01", "2026-05-01", False),
        ("run", "2026-05-01", "2026-05-01", False),
    ],
)
def test_a_cap_counts_the_periods_of_its_window_together(
    per: str, one: str, other: str, together: bool
) -> None:
    """The contract began on 1 April 2026."""
    signed, *periods = (
        instant(datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=BERLIN))
        for day in ("2026-04-01", one, other)
    )
    assert counts_together(per, BERLIN, signed, *periods) is together


def test_an_anniversary_is_counted_in_days_of_the_zone_that_is_agreed_now() -> None:
    """Signed at midnight in New York, amended to Berlin: its second year begins with April, although Berlin's April is sooner."""
    signed = instant(datetime(2026, 4, 1, tzinfo=zone_named("America/New_York")))
    march, april = (instant(datetime(2027, month, 1, tzinfo=BERLIN)) for month in (3, 4))
    assert not counts_together("contract_year", BERLIN, signed, march, april)
