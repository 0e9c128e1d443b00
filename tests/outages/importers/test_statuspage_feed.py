"""A feed is read whole or refused whole: strict about ids, times and shape, lenient about words."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from slaservice.outages.importers.statuspage import parse
from slaservice.outages.importers.statuspage.feed import parse_incident
from slaservice.outages.importers.statuspage.values import FeedIncident
from slaservice.rules.refusal import Invalid
from tests.factories.outages import Json, a_feed, a_feed_incident, an_outage_in_the_feed, an_update, april


def read(incident: Json, **parts: Any) -> FeedIncident:
    return parse(a_feed(incident, **parts)).incidents[0]


def errors_of(feed: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as invalid:
        parse(feed)
    assert invalid.value.code == "invalid_feed"
    return {error.path: error.reason for error in invalid.value.errors}


def test_an_incident_is_read_with_its_updates_oldest_first() -> None:
    incident = read(an_outage_in_the_feed("inc1"))
    assert (incident.external_id, incident.status, incident.impact) == ("inc1", "resolved", "major")
    assert [update.status for update in incident.updates] == ["investigating", "monitoring", "resolved"]
    first = incident.updates[0]
    assert first.displayed_at.floor == april(10, 12)
    assert [(one.component, one.old, one.new) for one in first.transitions] == [
        ("c1", "operational", "partial_outage")
    ]


def test_bytes_text_and_values_read_the_same() -> None:
    feed = a_feed(an_outage_in_the_feed(name="Störung — “API” ’26"))
    text = json.dumps(feed, ensure_ascii=False)
    assert parse(feed) == parse(text) == parse(text.encode()) == parse(json.dumps(feed))
    assert parse(text.encode()).incidents[0].title == "Störung — “API” ’26"


def test_incidents_come_oldest_first() -> None:
    late = an_outage_in_the_feed("late", started_at="2026-04-12T00:00:00Z")
    early = an_outage_in_the_feed("early", started_at="2026-04-11T00:00:00Z")
    assert [incident.external_id for incident in parse(a_feed(late, early)).incidents] == ["early", "late"]


def test_updates_are_ordered_by_when_they_happened_not_by_when_they_were_typed() -> None:
    typed_late = an_update("identified", "11:00:00", created_at="2026-04-10T14:00:00Z")
    incident = read(a_feed_incident("i", an_update("investigating", "12:00:00"), typed_late))
    assert [update.status for update in incident.updates] == ["identified", "investigating"]


def test_updates_of_one_instant_stay_in_the_order_of_typing() -> None:
    updates = [an_update(status, "12:00:00") for status in ("investigating", "identified", "monitoring")]
    assert [update.status for update in read(a_feed_incident("i", *updates)).updates] == [
        "investigating", "identified", "monitoring",
    ]  # fmt: skip


def test_an_update_without_a_display_time_happened_when_it_was_typed() -> None:
    update = an_update("investigating", "12:00:00", display_at=None)
    assert read(a_feed_incident("i", update)).updates[0].displayed_at.floor == april(10, 12)


def test_times_that_a_page_leaves_out_come_from_its_updates() -> None:
    incident = a_feed_incident(
        "i", an_update("investigating", "12:00:00"), an_update("identified", "12:10:00"),
        an_update("monitoring", "12:20:00"), an_update("monitoring", "12:25:00", id="again"),
        an_update("resolved", "12:30:00"),
        started_at=None, resolved_at=None,
    )  # fmt: skip
    read_back = read(incident)
    times = (read_back.started_at, read_back.identified_at, read_back.monitoring_at, read_back.resolved_at)
    assert [at.floor.minute if at else None for at in times] == [0, 10, 20, 30]


def test_an_incident_that_goes_on_has_no_end() -> None:
    reopened = a_feed_incident(
        "i", an_update("resolved", "12:00:00"), an_update("investigating", "12:30:00"), resolved_at=None
    )  # fmt: skip
    assert read(reopened).resolved_at is None
    assert read(a_feed_incident("i", an_update("investigating", "12:30:00"))).is_over is False
    assert (
        read(an_outage_in_the_feed(resolved_at="0001-01-01T00:00:00Z", status="identified")).is_over is False
    )


def test_a_backfilled_incident_may_be_resolved_before_it_started() -> None:
    backfill = a_feed_incident(
        "i", an_update("resolved", "12:00:00", created_at="2026-04-10T15:00:00Z"), started_at="2026-04-10T15:00:00Z"
    )  # fmt: skip
    incident = read(backfill)
    assert incident.started_at is not None
    assert incident.resolved_at is not None
    assert incident.resolved_at < incident.started_at


def test_updates_without_components_and_placeholders_say_nothing() -> None:
    placeholder = {"name": "No components were affected by this update."}
    nothing = a_feed_incident(
        "i", an_update("investigating", "12:00:00"), an_update("identified", "12:10:00", [placeholder]),
        an_update("resolved", "12:20:00", []), components=None,
    )  # fmt: skip
    assert [update.transitions for update in read(nothing).updates] == [(), (), ()]


def test_a_component_is_known_by_code_or_id_and_its_newest_name_is_the_page_s() -> None:
    by_id = {"id": "c2", "name": "By id", "old_status": "operational", "new_status": "major_outage"}
    incident = a_feed_incident(
        "i", an_update("investigating", "12:00:00", {"c1": ("operational", "major_outage")}),
        an_update("identified", "12:10:00", [by_id]), components=[{"id": "c3", "name": "Listed"}],
    )  # fmt: skip
    feed = parse(a_feed(incident, components=[{"id": "c1", "name": "Today's name"}]))
    assert feed.names == {"c1": "Today's name", "c2": "By id", "c3": "Listed"}
    assert feed.current == {"c1", "c3"}
    assert [one.component for update in feed.incidents[0].updates for one in update.transitions] == [
        "c1",
        "c2",
    ]


def test_unknown_words_are_kept_as_they_are() -> None:
    odd = a_feed_incident("i", an_update("pondering", "12:00:00", {"c1": ("", "on_fire")}), impact="cosmic")
    incident = read(odd)
    assert (incident.status, incident.impact, incident.updates[0].transitions[0].new) == (
        "pondering", "cosmic", "on_fire",
    )  # fmt: skip


def test_what_a_page_rewrites_in_bulk_makes_no_other_incident() -> None:
    incident = an_outage_in_the_feed()
    components = [
        {"id": "c1", "name": "Renamed", "status": "major_outage", "updated_at": "2026-08-14T10:28:00Z"}
    ]
    again = {
        **incident,
        "updated_at": "2026-08-14T10:28:00Z",
        "reminder_intervals": "[]",
        "components": components,
    }
    assert read({**incident, "components": [{"id": "c1", "name": "Old"}]}) == read(again)
    assert read(incident) != read({**incident, "name": "Another title"})


def test_an_incident_can_be_read_back_from_what_was_stored_of_it() -> None:
    incident = read(an_outage_in_the_feed())
    assert parse_incident(json.loads(json.dumps(incident.payload))) == incident


def test_every_error_is_told_at_once_with_its_path() -> None:
    bad = an_outage_in_the_feed("two", resolved_at="yesterday", impact=7)
    bad["incident_updates"][2]["display_at"] = "2026-04-10T12:00:00"
    bad["incident_updates"][0]["affected_components"] = "all of them"
    found = errors_of(a_feed(an_outage_in_the_feed("one"), bad, {"name": "without an id"}))
    assert set(found) == {
        "incidents[1].resolved_at", "incidents[1].impact", "incidents[1].incident_updates[2].display_at",
        "incidents[1].incident_updates[0].affected_components", "incidents[2].id",
    }  # fmt: skip
    assert found["incidents[2].id"] == "is required"
    assert "not a time with an offset" in found["incidents[1].resolved_at"]


def _nested(depth: int) -> str:
    return '{"incidents": ' + "[" * depth + "]" * depth + "}"


@pytest.mark.parametrize(
    ("feed", "path"),
    [
        (b"", "$"),
        (b"<html>405</html>", "$"),
        (b'{"incidents": [', "$"),
        (b"[]", "$"),
        (b"{}", "$"),
        (b'{"page": {}}', "$"),
        (b'{"incidents": null}', "incidents"),
        (b'{"incidents": {"id": "x"}}', "incidents"),
        (b'{"incidents": ["x"]}', "incidents[0]"),
        (b'{"incidents": [], "incidents": []}', "incidents"),
        (b'{"incidents": [{"id": "x", "n": NaN}]}', "incidents[0]"),
        (b'{"incidents": [{"id": "x", "n": 1e999}]}', "incidents[0].n"),
        (b'{"incidents": [{"id": "x", "name": "a\\u0000b"}]}', "incidents[0].name"),
        (b'{"incidents": [{"id": "x", "extra": ["\\ud800"]}]}', "incidents[0].extra[0]"),
        (b'{"incidents": [{"id": "x", "a\\u0000": 1}]}', "incidents[0]"),
        (b'{"incidents": [{"id": "x/y"}]}', "incidents[0].id"),
        (b'{"incidents": [{"id": ""}]}', "incidents[0].id"),
        (b'{"incidents": [{"id": 7}]}', "incidents[0].id"),
        (b'{"incidents": [{"id": "' + b"x" * 81 + b'"}]}', "incidents[0].id"),
        (b"\xff\xfe\xff", "$"),
        (_nested(40), "incidents[0]"),
        (_nested(20_000), "incidents[0]"),
        (b'{"incidents": [{"id": "x", "name": 1, "name": 2}]}', "incidents[0].name"),
        (b'{"incidents": [{"id": "\xff"}]}', "incidents[0]"),
        (b'{"incidents": [{"id": "x"] ]}', "incidents[0]"),
        (b'{"incidents": [], "page": {{"a": 1}: 2}}', "$"),
        (b'{"incidents": [], "page": {"a": [}}', "$"),
        (b'{"incidents": [], "components": [{"id": "c1", "x": NaN}]}', "$"),
        ("\ufeff".encode("utf-16"), "$"),
    ],
    ids=range(29),
)
def test_what_is_no_feed_is_refused_with_its_place(feed: bytes | str, path: str) -> None:
    assert list(errors_of(feed)) == [path]


def test_a_feed_that_is_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slaservice.outages.importers.statuspage.feed.MOST_BYTES", 10)
    assert list(errors_of(b'{"incidents": []}')) == ["$"]


def test_an_update_that_happened_at_no_time_is_refused() -> None:
    update = an_update("investigating", "12:00:00", display_at=None, created_at=None)
    assert list(errors_of(a_feed(a_feed_incident("i", update, started_at=None)))) == [
        "incidents[0].incident_updates[0].display_at"
    ]


def test_a_repeated_incident_is_one_and_a_contradicting_one_is_refused() -> None:
    incident = an_outage_in_the_feed("one")
    assert len(parse(a_feed(incident, dict(incident))).incidents) == 1
    assert list(errors_of(a_feed(incident, {**incident, "name": "Another"}))) == ["incidents[1].id"]


def test_an_update_stands_once_in_its_incident() -> None:
    updates = [an_update("identified", "12:00:00", id="u"), an_update("monitoring", "12:10:00", id="u")]
    assert list(errors_of(a_feed(a_feed_incident("i", *updates)))) == ["incidents[0].incident_updates[0].id"]


def test_instants_finer_than_a_microsecond_are_read() -> None:
    incident = read(an_outage_in_the_feed(resolved_at="2026-04-10T13:30:00.000000001Z"))
    assert incident.resolved_at is not None
    assert incident.resolved_at.ceil == datetime(2026, 4, 10, 13, 30, 0, 1, tzinfo=UTC)
