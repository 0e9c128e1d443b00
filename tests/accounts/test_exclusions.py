"""Exclusions: proposed by one person, approved by another, ended and never edited or deleted."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, models, transaction

from accounts.models import Exclusion, ExclusionTier
from accounts.models.exclusions import CATEGORIES
from accounts.operations import approve_exclusion, end_exclusion, reject_exclusion
from accounts.queries import exclusions_known, exclusions_proposed_touching, exclusions_visible_to
from slaservice.outages.models import CATEGORIES as OF_MAINTENANCE
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.terms import CATEGORIES as OF_THE_RULES
from tests.factories.accounts import (
    NOW,
    a_component,
    a_contract,
    a_customer,
    a_person,
    a_proposed_exclusion,
    a_tier,
    an_exclusion,
    history_of,
)
from tests.factories.reports import april

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)
NOON, ONE = april(10, 12), april(10, 13)


def approver() -> User:
    return a_person("finance approver")


def end(exclusion: Exclusion, stops_at: datetime = NOON, **values: Any) -> Exclusion:
    chosen = {"by": a_person("operator"), "now": LATER, "reason": "It was ours after all", **values}
    return end_exclusion(exclusion=exclusion, stops_at=stops_at, **chosen)


def test_the_categories_are_those_of_the_rules_that_are_no_maintenance() -> None:
    assert [*OF_MAINTENANCE, *CATEGORIES] == list(OF_THE_RULES)


def test_an_exclusion_is_proposed_with_its_clause_and_justification_and_history_says_so() -> None:
    operator = a_person("operator")
    exclusion = a_proposed_exclusion(by=operator)
    assert (exclusion.state, exclusion.proposed_by) == ("proposed", operator)
    assert [tier.code for tier in exclusion.tiers.all()] == ["enterprise"]
    (entry,) = history_of(exclusion)
    assert (entry["action"], entry["actor_id"]) == ("exclusions.propose", operator.pk)
    assert entry["data"]["after"]["clause"] == "7.2(b)"
    assert entry["data"]["after"]["tiers"] == ["enterprise"]


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"category": "scheduled_maintenance"}, "category"),
        ({"clause": " "}, "clause"),
        ({"justification": ""}, "justification"),
        ({"ends_at": NOON}, "ends_at"),
        ({"starts_at": NOON.replace(tzinfo=None)}, "starts_at"),
        ({"ends_at": datetime(2100, 1, 1, tzinfo=NOON.tzinfo)}, "ends_at"),
        ({"tiers": []}, "tiers"),
        ({"evidence_url": "javascript:alert(1)"}, "evidence_url"),
        ({"justification": "a\x00b"}, "justification"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(values: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        a_proposed_exclusion(**values)
    assert [error.path for error in refused.value.errors] == [path]
    assert refused.value.code == "invalid_exclusion"


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        a_proposed_exclusion(category="weather", clause="", justification="", tiers=[], ends_at=NOON)
    assert len(refused.value.errors) == 5


def test_a_contract_has_a_tier_of_its_own() -> None:
    assert not a_proposed_exclusion(a_contract()).tiers.exists()
    with pytest.raises(Invalid, match="a tier of its own"):
        a_proposed_exclusion(a_contract(), tiers=[a_tier()])


def test_another_person_approves() -> None:
    other = approver()
    approved = approve_exclusion(exclusion=a_proposed_exclusion(), by=other, now=LATER, reason="Seen")
    assert (approved.state, approved.approved_by, approved.approved_at) == ("approved", other, LATER)
    assert history_of(approved)[-1]["action"] == "exclusions.approve"


def test_nobody_approves_what_they_proposed() -> None:
    both = a_person("operator", "finance approver")
    exclusion = a_proposed_exclusion(by=both)
    with pytest.raises(Refusal, match="another person approves it") as refused:
        approve_exclusion(exclusion=exclusion, by=both, now=LATER)
    assert refused.value.code == "approved_by_another_person"
    with pytest.raises(IntegrityError, match="approved_by_another_person"), transaction.atomic():
        Exclusion.objects.update(state="approved", approved_at=LATER, approved_by=both)
    assert approve_exclusion(exclusion=exclusion, by=approver(), now=LATER).state == "approved"


@pytest.mark.parametrize(
    ("role", "deed"),
    [
        ("finance clerk", lambda x, by: a_proposed_exclusion(by=by)),
        ("operator", lambda x, by: approve_exclusion(exclusion=x, by=by, now=LATER)),
        ("administrator", lambda x, by: approve_exclusion(exclusion=x, by=by, now=LATER)),
        ("finance clerk", lambda x, by: reject_exclusion(exclusion=x, by=by, now=LATER, reason="No")),
        ("account manager", lambda x, by: end(x, by=by)),
    ],
)
def test_each_verb_is_for_its_roles(role: str, deed: Callable[[Exclusion, User], Any]) -> None:
    exclusion = a_proposed_exclusion()
    with pytest.raises(Refusal) as refused:
        deed(exclusion, a_person(role))
    assert refused.value.code == "not_permitted"


def test_a_rejected_exclusion_stays_with_its_reason_and_is_never_approved() -> None:
    operator = a_person("operator")
    exclusion = a_proposed_exclusion(by=operator)
    rejected = reject_exclusion(exclusion=exclusion, by=operator, now=LATER, reason="Typo")
    assert (rejected.state, rejected.close_reason, rejected.closed_by) == ("rejected", "Typo", operator)
    with pytest.raises(Refusal, match="is rejected and cannot become approved"):
        approve_exclusion(exclusion=exclusion, by=approver(), now=LATER)


@pytest.mark.parametrize("deed", [lambda x: end(x, reason=" "), lambda x: reject_exclusion(
    exclusion=x, by=a_person("operator"), now=LATER, reason="")])  # fmt: skip
def test_rejecting_and_ending_take_a_reason(deed: Callable[[Exclusion], Any]) -> None:
    with pytest.raises(Invalid, match="reason: is missing"):
        deed(an_exclusion())


def test_an_open_exclusion_is_ended_later_and_what_it_excluded_until_then_stays() -> None:
    suspended = an_exclusion(ends_at=None, category="suspension")
    assert suspended.until() is None
    ended = end(suspended, april(20))
    assert (ended.state, ended.until(), ended.ends_at) == ("ended", april(20), None)
    assert ended.until(known_at=NOW) is None
    entry = history_of(ended)[-1]
    assert (entry["action"], entry["reason"]) == ("exclusions.end", "It was ours after all")
    with pytest.raises(Refusal, match="is ended and cannot become ended"):
        end(ended)


@pytest.mark.parametrize("stops_at", [NOON - timedelta(seconds=1), ONE + timedelta(seconds=1)])
def test_an_exclusion_ends_within_its_span(stops_at: datetime) -> None:
    with pytest.raises(Invalid, match="within the exclusion"):
        end(an_exclusion(), stops_at)


def test_nothing_is_decided_before_it_was_proposed() -> None:
    with pytest.raises(Refusal, match="recorded later"):
        approve_exclusion(exclusion=a_proposed_exclusion(), by=approver(), now=NOW - timedelta(seconds=1))


def _found(**values: Any) -> list[Exclusion]:
    chosen = {
        "contracts": [],
        "components": [a_component().pk],
        "start": april(1),
        "end": april(30),
        **values,
    }
    return list(exclusions_known(**chosen))


def test_those_of_a_contract_and_of_everybody_are_found_and_of_other_contracts_not() -> None:
    mine, others = a_contract(), a_contract()
    for_all, own, _ = an_exclusion(), an_exclusion(mine), an_exclusion(others)
    elsewhere = an_exclusion(component=a_component("web"))
    assert set(_found(contracts=[mine.pk])) == {for_all, own}
    assert set(_found(components=[elsewhere.component_id])) == {for_all, elsewhere}
    assert _found(start=april(11)) == []
    waiting = a_proposed_exclusion(mine)
    found = exclusions_proposed_touching(
        contracts=[mine.pk], components=[a_component().pk], start=april(1), end=april(30)
    )
    assert list(found) == [waiting]


def test_what_was_approved_is_found_as_known_then_also_after_its_end() -> None:
    exclusion = an_exclusion()
    end(exclusion)
    assert _found(known_at=NOW - timedelta(seconds=1)) == []
    assert [one.until(NOW) for one in _found(known_at=NOW)] == [ONE]
    assert [one.until() for one in _found()] == [NOON]


def test_an_account_manager_sees_exclusions_for_everybody_and_for_customers_in_their_care() -> None:
    manager = a_person("account manager")
    own = an_exclusion(a_contract(a_customer(account_manager=manager)))
    for_all, other = an_exclusion(), an_exclusion(a_contract())
    assert set(exclusions_visible_to(manager)) == {own, for_all}
    for role in ("operator", "finance approver", "auditor"):
        assert set(exclusions_visible_to(a_person(role))) == {own, for_all, other}


# the database

FACTS = [
    field.attname
    for field in Exclusion._meta.concrete_fields
    if field.name not in ("id", "state", "approved_at", "approved_by", "closed_at", "closed_by", "close_reason", "stops_at")
]  # fmt: skip


@pytest.mark.parametrize("name", FACTS)
@pytest.mark.parametrize("make", [a_proposed_exclusion, an_exclusion])
def test_what_an_exclusion_says_never_changes(make: Callable[[], Exclusion], name: str) -> None:
    exclusion = make()
    field = Exclusion._meta.get_field(name.removesuffix("_id"))
    value: Any = "beta" if name == "category" else f"{getattr(exclusion, name)}x"
    if isinstance(field, models.DateTimeField):
        value = getattr(exclusion, name) + timedelta(seconds=-1 if name != "ends_at" else 1)
    if field.is_relation:
        others: dict[str, Callable[[], Any]] = {
            "contract_id": a_contract,
            "component_id": lambda: a_component("web"),
        }
        value = others.get(name, lambda: a_person("operator"))().pk
    with pytest.raises(IntegrityError, match=r"never changed|stays decided"), transaction.atomic():
        Exclusion.objects.filter(pk=exclusion.pk).update(**{name: value})


def test_no_exclusion_is_ever_deleted() -> None:
    for exclusion in (a_proposed_exclusion(), an_exclusion(a_contract())):
        with pytest.raises(IntegrityError, match=r"none is deleted|stays decided"), transaction.atomic():
            Exclusion.objects.filter(pk=exclusion.pk)._raw_delete(using="default")


def test_an_approval_is_not_taken_back_by_any_route() -> None:
    exclusion = an_exclusion()
    closed = {"closed_at": LATER, "closed_by": approver(), "close_reason": "No"}
    for values in (
        {"state": "proposed"},
        {"state": "proposed", "approved_at": None, "approved_by": None},
        {"state": "rejected", **closed},
        {"state": "ended", **closed},
        {"approved_by": approver()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Exclusion.objects.filter(pk=exclusion.pk).update(**values)
    ended = end(exclusion)
    with pytest.raises(IntegrityError, match="stays so"), transaction.atomic():
        Exclusion.objects.filter(pk=ended.pk).update(close_reason="Other")


def test_the_tiers_of_an_exclusion_stay() -> None:
    proposed, approved = a_proposed_exclusion(), an_exclusion()
    free = a_tier("free")
    for change in (
        lambda: ExclusionTier.objects.filter(exclusion=proposed)._raw_delete(using="default"),
        lambda: ExclusionTier.objects.filter(exclusion=proposed).update(tier=free),
        lambda: ExclusionTier.objects.create(exclusion=approved, tier=free),
    ):
        with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
            change()


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"ends_at": NOON}, "ends_after_it_starts"),
        ({"clause": ""}, "clause_is_not_blank"),
        ({"justification": ""}, "justification_is_not_blank"),
        ({"category": "scheduled_maintenance"}, "category_is_known"),
        ({"state": "approved"}, "state_says_what_was_done"),
        ({"state": "rejected"}, "state_says_what_was_done"),
        ({"close_reason": "No"}, "state_says_what_was_done"),
        ({"stops_at": NOON}, "state_says_what_was_done"),
        ({"starts_at": NOW.replace(year=1999)}, "between_2000_and_2100"),
    ],
)
def test_the_database_refuses_by_name_what_may_not_be(values: dict[str, Any], name: str) -> None:
    chosen: dict[str, Any] = {
        "reference": "X-1",
        "category": "beta",
        "starts_at": NOON,
        "ends_at": ONE,
        "clause": "1",
        "justification": "Why",
        "proposed_at": NOW,
        "proposed_by": a_person("operator"),
    }
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Exclusion.objects.bulk_create([Exclusion(**{**chosen, **values})])


def test_an_exclusion_stops_within_its_span_in_the_database_too() -> None:
    exclusion = an_exclusion()
    closed = {"closed_at": LATER, "closed_by": approver(), "close_reason": "No", "state": "ended"}
    for stops_at in (NOON - timedelta(seconds=1), ONE + timedelta(seconds=1)):
        with pytest.raises(IntegrityError, match="stops_within_its_span"), transaction.atomic():
            Exclusion.objects.filter(pk=exclusion.pk).update(stops_at=stops_at, **closed)
