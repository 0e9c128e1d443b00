"""What an operator may say of an outage: everything that is wrong with it is told at once, by field."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from slaservice.outages import operations
from slaservice.outages.models import OutageWindow
from slaservice.rules.refusal import Invalid
from tests.factories.outages import (
    NOW,
    a_component,
    a_maintenance,
    a_planned_maintenance,
    a_proposal,
    a_tier,
    a_window,
    an_incident,
    april,
    last_entry,
)

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def test_a_window_keeps_everything_that_was_said_of_it() -> None:
    component, incident = a_component("web"), an_incident()
    tiers = [a_tier("enterprise"), a_tier("free")]
    said: dict[str, Any] = {
        "component": component, "start": april(10, 12, microsecond=1), "end": april(10, 13, microsecond=2),
        "severity": "partial_outage", "basis": "monitor", "affected_count": 3, "affected_of": 10, "incident": incident,
        "cause": "A full disk – again", "note": "Ask the\nstorage team", "evidence_url": "https://example.com/a?b=1",
    }  # fmt: skip
    window = OutageWindow.objects.get(pk=a_proposal(tiers=tiers, **said).pk)
    assert {name: getattr(window, name) for name in said} == said
    assert {tier.code for tier in window.tiers.all()} == {"free", "enterprise"}
    assert last_entry(window).data["after"]["tiers"] == ["enterprise", "free"]


def test_times_with_an_offset_are_instants() -> None:
    berlin = timezone(timedelta(hours=2))
    window = a_proposal(datetime(2026, 4, 10, 14, tzinfo=berlin), datetime(2026, 4, 10, 16, tzinfo=berlin))
    assert OutageWindow.objects.get(pk=window.pk).start == april(10, 12)


@pytest.mark.parametrize(
    ("values", "path", "code"),
    [
        ({"end": april(10, 12)}, "end", "window_ends_before_it_starts"),
        ({"end": april(10, 11)}, "end", "window_ends_before_it_starts"),
        ({"start": datetime(2026, 4, 10, 12)}, "start", "instant_without_a_zone"),  # noqa: DTZ001
        ({"end": datetime(2026, 4, 10, 13)}, "end", "instant_without_a_zone"),  # noqa: DTZ001
        ({"start": datetime(1999, 12, 31, tzinfo=UTC)}, "start", "instant_outside_the_century"),
        ({"end": datetime(2100, 1, 1, tzinfo=UTC)}, "end", "instant_outside_the_century"),
        ({"start": NOW + 301 * SECOND, "end": None}, "start", "window_starts_in_the_future"),
        ({"end": NOW + 301 * SECOND}, "end", "window_ends_in_the_future"),
        ({"severity": ""}, "severity", "severity_is_not_a_slug"),
        ({"severity": "Major outage"}, "severity", "severity_is_not_a_slug"),
        ({"severity": "x" * 61}, "severity", "severity_is_not_a_slug"),
        ({"basis": "hearsay"}, "basis", "basis_is_not_known"),
        ({"affected_count": 1}, "affected_count", "affected_share_is_not_a_share"),
        ({"affected_of": 1}, "affected_count", "affected_share_is_not_a_share"),
        ({"affected_count": 2, "affected_of": 1}, "affected_count", "affected_share_is_not_a_share"),
        ({"affected_count": -1, "affected_of": 1}, "affected_count", "affected_share_is_not_a_share"),
        ({"affected_count": 0, "affected_of": 0}, "affected_count", "affected_share_is_not_a_share"),
        ({"affected_count": 0, "affected_of": 10**15 + 1}, "affected_count", "affected_share_is_not_a_share"),
        ({"evidence_url": "javascript:alert(1)"}, "evidence_url", "link_is_not_a_web_address"),
        ({"evidence_url": "https://a b"}, "evidence_url", "link_is_not_a_web_address"),
        ({"cause": "x" * 4001}, "cause", "text_is_too_long"),
        ({"note": "a\0b"}, "note", "text_is_not_text"),
        ({"reference": "x" * 201}, "reference", "text_is_too_long"),
    ],
)
def test_what_is_wrong_is_refused_by_field(values: dict[str, Any], path: str, code: str) -> None:
    with pytest.raises(Invalid) as invalid:
        a_proposal(**values)
    assert ([error.path for error in invalid.value.errors], invalid.value.code) == ([path], code)
    assert not OutageWindow.objects.exists()


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(Invalid) as invalid:
        a_proposal(end=april(10, 11), severity="?", basis="?", affected_count=1)
    assert [error.path for error in invalid.value.errors] == ["end", "affected_count", "severity", "basis"]


def test_an_outage_must_affect_somebody() -> None:
    with pytest.raises(Invalid) as invalid:
        operations.propose_outage(
            component=a_component(), tiers=[], start=april(10, 12), severity="major_outage", basis="operator",
            by=None, now=NOW,
        )  # fmt: skip
    assert invalid.value.code == "window_names_no_tier"


def test_clocks_may_differ_by_five_minutes() -> None:
    assert a_proposal(NOW + 300 * SECOND, None).end is None
    assert a_proposal(end=NOW + 300 * SECOND).end == NOW + 300 * SECOND


def test_many_proposals_are_all_or_none() -> None:
    good = operations.OutageFacts(
        a_component(), (a_tier(),), april(10), april(11), "major_outage", "operator"
    )
    bad = operations.OutageFacts(a_component(), (a_tier(),), april(10), april(10), "?", "operator")
    with pytest.raises(Invalid) as invalid:
        operations.propose_outages(drafts=[operations.Draft(each) for each in (good, bad)], by=None, now=NOW)
    assert [error.path for error in invalid.value.errors] == ["[1].end", "[1].severity"]
    assert not OutageWindow.objects.exists()


def test_an_open_window_is_closed_by_a_correction() -> None:
    window = a_window(end=None)
    closed = operations.correct(window=window, end=april(10, 13), by=None, now=NOW, reason="It is back")
    assert (closed.end, closed.revision) == (april(10, 13), 2)


def test_a_corrected_time_rests_on_the_operator_unless_the_basis_is_named() -> None:
    posted: dict[str, Any] = {"basis": "posted_status", "note": "Is the end right?"}
    one = operations.correct(window=a_proposal(**posted), end=april(10, 13), by=None, now=NOW, reason="Log")
    stated = operations.correct(
        window=a_proposal(**posted), end=april(10, 13), basis="stated_window", note="", by=None, now=NOW, reason="Text"
    )  # fmt: skip
    cause = operations.correct(window=a_proposal(**posted), cause="A disk", by=None, now=NOW, reason="Found")
    assert [window.basis for window in (one, stated, cause)] == ["operator", "stated_window", "posted_status"]
    assert [window.note for window in (one, cause)] == ["", "Is the end right?"]


def test_maintenance_may_lie_ahead_but_its_announcement_may_not() -> None:
    ahead = a_planned_maintenance(NOW + timedelta(days=3), NOW + timedelta(days=3, hours=2), announced_at=NOW)
    assert ahead.state == "proposed"
    with pytest.raises(Invalid) as invalid:
        a_planned_maintenance(announced_at=NOW + SECOND)
    assert invalid.value.code == "maintenance_is_announced_in_the_future"


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"end": april(20, 2)}, "end"),
        ({"category": "beta"}, "category"),
        ({"title": " "}, "title"),
        ({"announced_at": datetime(2026, 4, 10)}, "announced_at"),  # noqa: DTZ001
        ({"planned_start": april(20, 2)}, "planned_end"),
        ({"planned_end": april(20, 2)}, "planned_end"),
        ({"planned_start": april(20, 2), "planned_end": april(20, 2)}, "planned_end"),
        ({"planned_start": datetime(1999, 4, 10, tzinfo=UTC), "planned_end": april(20, 2)}, "planned_start"),
    ],
)
def test_what_is_wrong_with_maintenance_is_refused_by_field(values: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as invalid:
        a_planned_maintenance(**values)
    assert [error.path for error in invalid.value.errors] == [path]


def test_the_plan_of_a_maintenance_stays_beside_what_was_done() -> None:
    plan = {"planned_start": april(20, 2), "planned_end": april(20, 4)}
    done = operations.correct_maintenance(
        maintenance=a_maintenance(**plan), end=april(20, 5), by=None, now=NOW, reason="It took longer"
    )
    assert (done.planned_start, done.planned_end, done.end) == (april(20, 2), april(20, 4), april(20, 5))


def test_maintenance_that_was_never_announced_says_so() -> None:
    assert a_maintenance(announced_at=None).announced_at is None


@pytest.mark.parametrize("external_id", ["x" * 200, "job@1", "plain"])
def test_whatever_a_source_calls_it_an_outage_can_be_corrected_again_and_again(external_id: str) -> None:
    window = a_proposal(source="monitor", external_id=external_id)
    first = window.reference
    for number in (2, 3):
        window = operations.correct(
            window=window, end=april(10, 14, number), by=None, now=NOW, reason="It went on"
        )
        assert (window.revision, window.reference) == (number, f"{first}@{number}")


def test_ids_that_look_like_revisions_or_come_from_two_sources_are_outages_of_their_own() -> None:
    names = [("a", "job"), ("a", "job@2"), ("a", "job@3"), ("b", "job")]
    made = [a_proposal(source=source, external_id=name) for source, name in names]
    operations.correct(window=made[0], end=april(10, 15), by=None, now=NOW, reason="It went on")
    assert len({window.reference for window in made}) == 4
    assert [window.reference for window in (made[0], made[3])] == ["a/job", "b/job"]
