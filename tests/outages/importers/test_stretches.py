"""What the updates of an incident say about each component: listed is not down, and only updates decide.

Each table row is one component's story in one incident: (time, old status, new status) per update; then what it makes.
"""

from datetime import timedelta

import pytest

from slaservice.outages.importers.statuspage.feed import parse
from slaservice.outages.importers.statuspage.stretches import Stretch, severity_of, stretches_of
from slaservice.outages.importers.statuspage.values import FeedIncident
from tests.factories.outages import a_feed, a_feed_incident, an_update, april

UP, DEGRADED, PARTIAL, MAJOR = "operational", "degraded_performance", "partial_outage", "major_outage"
WORKS = "under_maintenance"

Story = list[tuple[str, str, str]]


def incident_of(story: Story, *, resolved_at: str | None = "13:00") -> FeedIncident:
    updates = [
        an_update("identified", f"{at}:00", {"c1": (old, new)}, id=f"u{number}")
        for number, (at, old, new) in enumerate(story)
    ]
    end = f"2026-04-10T{resolved_at}:00Z" if resolved_at else None
    status = "resolved" if resolved_at else "identified"
    feed = a_feed(a_feed_incident("i", *updates, status=status, resolved_at=end))
    return parse(feed).incidents[0]


def told(stretches: tuple[Stretch, ...]) -> list[tuple[int, str, str | None, str]]:
    return [
        (one.number, f"{one.start:%H:%M}", f"{one.end:%H:%M}" if one.end else None, one.severity)
        for one in stretches
    ]


@pytest.mark.parametrize(
    ("story", "makes"),
    [
        ([("12:00", UP, MAJOR), ("12:30", MAJOR, UP)], [(1, "12:00", "12:30", MAJOR)]),
        # listed, and never down
        ([("12:00", UP, UP), ("12:30", UP, UP)], []),
        # the same status again starts nothing anew
        ([("12:00", UP, PARTIAL), ("12:10", PARTIAL, PARTIAL), ("12:30", PARTIAL, UP)], [(1, "12:00", "12:30", PARTIAL)]),
        # another degree is another stretch
        (
            [("12:00", UP, MAJOR), ("12:10", MAJOR, PARTIAL), ("12:30", PARTIAL, UP)],
            [(1, "12:00", "12:10", MAJOR), (2, "12:10", "12:30", PARTIAL)],
        ),
        # it comes back after it was gone
        (
            [("12:00", UP, MAJOR), ("12:10", MAJOR, UP), ("12:20", UP, MAJOR), ("12:30", MAJOR, UP)],
            [(1, "12:00", "12:10", MAJOR), (2, "12:20", "12:30", MAJOR)],
        ),
        # added later than the others
        ([("12:00", UP, UP), ("12:16", UP, PARTIAL), ("12:30", PARTIAL, UP)], [(1, "12:16", "12:30", PARTIAL)]),
        # found like this: inherited from another incident, or so it seems
        ([("12:00", PARTIAL, PARTIAL), ("12:30", PARTIAL, UP)], [(1, "12:00", "12:30", PARTIAL)]),
        # the clearing update already read operational: a silent reset, or a neighbour's
        ([("12:00", UP, PARTIAL), ("12:30", UP, UP)], [(1, "12:00", "12:30", PARTIAL)]),
        # resolved from partial to partial: the word "resolved" clears nothing, the end is asked for
        ([("12:00", UP, PARTIAL), ("13:00", PARTIAL, PARTIAL)], [(1, "12:00", "13:00", PARTIAL)]),
        # a status that begins at the incident's own end has no length
        ([("12:00", UP, UP), ("13:00", DEGRADED, DEGRADED)], []),
        ([("12:00", UP, MAJOR), ("12:30", MAJOR, UP), ("13:00", PARTIAL, PARTIAL)], [(1, "12:00", "12:30", MAJOR)]),
        # two updates of one instant leave no trace of the first
        ([("12:00", UP, MAJOR), ("12:00", MAJOR, PARTIAL), ("12:30", PARTIAL, UP)], [(1, "12:00", "12:30", PARTIAL)]),
        # maintenance is no outage, and ends one
        ([("12:00", UP, WORKS), ("12:30", WORKS, UP)], []),
        ([("12:00", UP, MAJOR), ("12:10", MAJOR, WORKS), ("12:30", WORKS, UP)], [(1, "12:00", "12:10", MAJOR)]),
        # words that nobody knows
        ([("12:00", UP, "On fire!"), ("12:30", "On fire!", UP)], [(1, "12:00", "12:30", "on_fire")]),
        ([("12:00", UP, ""), ("12:10", "", MAJOR), ("12:20", MAJOR, ""), ("12:30", MAJOR, UP)], [(1, "12:10", "12:30", MAJOR)]),
        # set after the incident was over, and never back: not lost, but open
        ([("12:00", UP, UP), ("13:30", UP, MAJOR)], [(1, "13:30", None, MAJOR)]),
    ],
)  # fmt: skip
def test_updates_make_stretches_of_equal_status(
    story: Story, makes: list[tuple[int, str, str | None, str]]
) -> None:
    assert told(stretches_of(incident_of(story))) == makes


def test_what_is_not_cleared_while_the_incident_goes_on_is_open() -> None:
    incident = incident_of([("12:00", UP, MAJOR)], resolved_at=None)
    assert told(stretches_of(incident)) == [(1, "12:00", None, MAJOR)]
    assert stretches_of(incident)[0].note == ""


@pytest.mark.parametrize(
    ("story", "asked"),
    [
        ([("12:00", UP, MAJOR), ("12:30", MAJOR, UP)], []),
        ([("12:00", UP, PARTIAL), ("13:00", PARTIAL, PARTIAL)], ["No update ever set the component back"]),
        ([("12:00", UP, PARTIAL), ("12:30", UP, UP)], ["read operational already"]),
        (
            [("12:00", PARTIAL, PARTIAL), ("12:30", PARTIAL, UP)],
            ["found the component at partial outage already"],
        ),
        (
            [("12:00", PARTIAL, PARTIAL), ("12:30", UP, UP)],
            ["found the component at", "read operational already"],
        ),
        ([("12:00", UP, PARTIAL), ("12:30", DEGRADED, UP)], ["read degraded performance already"]),
        ([("12:00", UP, UP), ("13:30", UP, MAJOR)], ["after the incident was resolved"]),
    ],
)
def test_what_the_feed_leaves_open_is_asked(story: Story, asked: list[str]) -> None:
    (stretch,) = stretches_of(incident_of(story))
    assert all(question in stretch.note for question in asked)
    assert stretch.note.count("?") == len(asked)


def test_a_note_makes_no_other_stretch() -> None:
    plain = stretches_of(incident_of([("12:00", UP, PARTIAL), ("12:30", PARTIAL, UP)]))
    noted = stretches_of(incident_of([("12:00", UP, PARTIAL), ("12:30", UP, UP)]))
    assert plain == noted


def test_times_finer_than_a_microsecond_widen_the_stretch() -> None:
    fine = [
        an_update("identified", "2026-04-10T12:00:00.0000019Z", {"c1": (UP, MAJOR)}, id="a"),
        an_update("resolved", "2026-04-10T12:30:00.0000011Z", {"c1": (MAJOR, UP)}, id="b"),
    ]
    (stretch,) = stretches_of(parse(a_feed(a_feed_incident("i", *fine))).incidents[0])
    microsecond = timedelta(microseconds=1)
    assert (stretch.start, stretch.end) == (april(10, 12) + microsecond, april(10, 12, 30) + 2 * microsecond)


def test_components_stand_side_by_side() -> None:
    both = {"c1": (UP, MAJOR), "c2": (UP, PARTIAL)}
    updates = [
        an_update("identified", "12:00:00", both),
        an_update("monitoring", "12:20:00", {"c2": (PARTIAL, UP)}),
        an_update("resolved", "12:30:00", {"c1": (MAJOR, UP), "c2": (UP, UP)}),
    ]
    stretches = stretches_of(parse(a_feed(a_feed_incident("i", *updates))).incidents[0])
    assert [(one.component, one.number, one.severity) for one in stretches] == [
        ("c1", 1, MAJOR),
        ("c2", 1, PARTIAL),
    ]


def test_a_year_end_and_a_month_s_edge_are_nothing_special() -> None:
    updates = [
        an_update("identified", "2025-12-31T23:50:00Z", {"c1": (UP, MAJOR)}),
        an_update("resolved", "2026-01-01T00:10:00Z", {"c1": (MAJOR, UP)}),
    ]
    (stretch,) = stretches_of(parse(a_feed(a_feed_incident("i", *updates))).incidents[0])
    assert stretch.end is not None
    assert stretch.end - stretch.start == timedelta(minutes=20)


@pytest.mark.parametrize(
    ("status", "severity"),
    [
        (MAJOR, MAJOR),
        ("Major Outage", "major_outage"),
        ("störung", "st_rung"),
        ("…", "unknown"),
        ("x" * 99, "x" * 60),
    ],
)
def test_a_status_becomes_the_name_of_a_severity(status: str, severity: str) -> None:
    assert severity_of(status) == severity


def test_the_incident_of_28_april_2026_as_it_was_posted() -> None:
    """Six components listed, two of them never down, one added ten minutes later; cleared before it was resolved."""
    down = {"ai": (UP, MAJOR), "cowork": (UP, MAJOR), "code": (UP, PARTIAL)}
    listed = {"console": (UP, UP), "government": (UP, UP)}
    still = {"ai": (MAJOR, MAJOR), "cowork": (MAJOR, MAJOR), "code": (PARTIAL, PARTIAL)}
    back = {"ai": (MAJOR, UP), "cowork": (MAJOR, UP), "code": (PARTIAL, UP), "api": (PARTIAL, UP)}
    day = "2026-04-28T"
    updates = [
        an_update("investigating", f"{day}17:41:55.480Z", {**down, **listed, "api": (UP, UP)}),
        an_update("identified", f"{day}17:51:36.934Z", {**still, **listed, "api": (UP, PARTIAL)}),
        an_update("identified", f"{day}18:33:55.434Z", {**still, **listed, "api": (PARTIAL, PARTIAL)}),
        an_update("monitoring", f"{day}18:59:47.057Z", {**back, **listed}),
        an_update("resolved", f"{day}19:15:52.858Z", dict.fromkeys((*back, *listed), (UP, UP))),
    ]
    stretches = stretches_of(parse(a_feed(a_feed_incident("9l93x2ht4s5w", *updates))).incidents[0])
    seconds = {one.component: (one.end - one.start).total_seconds() for one in stretches if one.end}
    assert seconds == {"ai": 4671.577, "cowork": 4671.577, "code": 4671.577, "api": 4090.123}
