"""What we run and for whom: codes are for good, names may change, and what a feed means by its ids is said by a person."""

from datetime import date
from typing import Any

import pytest

from slaservice.outages import operations, queries
from slaservice.outages.models import Component, FeedComponent
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import ADMINISTRATOR, AUDITOR, OPERATOR
from tests.factories.outages import NOW, a_component, a_mapping, a_person, a_tier, actions_on, last_entry

pytestmark = pytest.mark.django_db

SIGNED: dict[str, Any] = {"by": None, "now": NOW}


def test_a_component_and_a_tier_are_entered_with_their_history() -> None:
    person = a_person(ADMINISTRATOR)
    component = operations.create_component(
        code="claude-api", name="Claude API", starts_on=date(2023, 7, 11), position=3, by=person, now=NOW
    )
    tier = operations.create_tier(code="enterprise", name="Enterprise", by=person, now=NOW)
    assert (component.code, component.starts_on, tier.name) == ("claude-api", date(2023, 7, 11), "Enterprise")
    assert actions_on(component) == actions_on(tier) == ["components.create"]
    assert last_entry(component).data["after"]["starts_on"] == "2023-07-11"


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"code": "Claude API"}, "code"),
        ({"code": ""}, "code"),
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"starts_on": date(2026, 4, 2), "ends_on": date(2026, 4, 2)}, "ends_on"),
    ],
)
def test_what_is_wrong_with_a_component_is_refused_by_field(values: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as invalid:
        operations.create_component(**{"code": "api", "name": "API", **SIGNED, **values})
    assert [error.path for error in invalid.value.errors] == [path]


def test_a_code_is_taken_once() -> None:
    a_component("api")
    with pytest.raises(Refusal) as refused:
        operations.create_component(code="api", name="Another", **SIGNED)
    assert refused.value.code == "already_recorded"


def test_a_component_is_renamed_and_ended_but_keeps_its_code() -> None:
    component = a_component("api", name="API", starts_on=date(2023, 7, 11))
    operations.change_component(
        component=component, name="The API", ends_on=date(2027, 1, 1), reason="Sold", **SIGNED
    )
    component.refresh_from_db()
    assert (component.name, component.ends_on) == ("The API", date(2027, 1, 1))
    entry = last_entry(component)
    assert (entry.action, entry.reason) == ("components.change", "Sold")
    assert entry.data == {
        "before": {"name": "API", "ends_on": None}, "after": {"name": "The API", "ends_on": "2027-01-01"},
    }  # fmt: skip
    with pytest.raises(Refusal) as refused:
        operations.change_component(component=component, code="other", **SIGNED)
    assert refused.value.code == "field_is_not_known"
    with pytest.raises(Invalid):
        operations.change_component(component=component, ends_on=date(2023, 7, 11), **SIGNED)


def test_a_change_that_changes_nothing_leaves_no_history() -> None:
    tier = a_tier("free")
    operations.change_tier(tier=tier, name=tier.name, **SIGNED)
    assert actions_on(tier) == []


def test_what_we_run_is_said_by_operators_and_administrators() -> None:
    for role in (OPERATOR, ADMINISTRATOR):
        operations.create_component(code=f"of-{role}", name="X", by=a_person(role), now=NOW)
    auditor, tier = a_person(AUDITOR), a_tier()
    for refused in (
        lambda: operations.create_component(code="c", name="C", by=auditor, now=NOW),
        lambda: operations.create_tier(code="t", name="T", by=auditor, now=NOW),
        lambda: operations.change_tier(tier=tier, name="T", by=auditor, now=NOW),
        lambda: operations.map_feed_component(
            source="s", external_id="e", component=None, by=auditor, now=NOW
        ),
    ):
        with pytest.raises(Refusal) as refusal:
            refused()
        assert refusal.value.code == "not_permitted"


def test_an_id_of_a_feed_is_a_question_until_a_person_says_what_it_means() -> None:
    operations.map_feed_component(source="page", external_id="c1", name="API", component=None, **SIGNED)
    assert [one.external_id for one in queries.questions_of_feeds()] == ["c1"]
    a_mapping("c1", "api", source="page")
    assert not queries.questions_of_feeds().exists()
    known = FeedComponent.objects.get()
    assert (known.name, known.component) == ("API", Component.objects.get(code="api"))
    assert last_entry(known).data == {"before": {"component": None}, "after": {"component": "api"}}


def test_what_an_id_means_can_be_said_anew_and_taken_back() -> None:
    for code in ("api", "web", "web"):
        a_mapping("c1", code)
    operations.map_feed_component(
        source="statuspage", external_id="c1", component=None, reason="Unsure", **SIGNED
    )  # fmt: skip
    known = FeedComponent.objects.get()
    assert actions_on(known) == ["components.map"] * 3  # saying the same again is no change
    assert (known.component, last_entry(known).reason) == (None, "Unsure")


def test_two_feeds_may_use_one_id_for_different_things() -> None:
    a_mapping("c1", "api", source="one")
    a_mapping("c1", "web", source="other")
    meanings = dict(FeedComponent.objects.values_list("source", "component__code"))
    assert meanings == {"one": "api", "other": "web"}
