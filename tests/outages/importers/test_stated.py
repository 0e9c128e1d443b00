"""Windows in the text of updates: found with their quote, doubted where a person must read them, and never guessed."""

from datetime import UTC, datetime, timedelta

import pytest

from reports.demo import readings
from slaservice.outages.importers import stated
from slaservice.outages.importers.stated import Stated, stated_windows

POSTED = datetime(2026, 4, 10, 20, 0, tzinfo=UTC)


def found(text: str, posted_at: datetime = POSTED) -> list[tuple[str, str, tuple[str, ...]]]:
    return [
        (_shown(one.start), _shown(one.end), one.doubts) for one in stated_windows(text, posted_at=posted_at)
    ]


def _shown(at: datetime | None) -> str:
    return f"{at:%d %H:%M}" if at else ""


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("Impact occurred from 17:34–18:52 UTC.", "10 17:34", "10 18:52"),  # en dash
        ("Customers were affected between 06:30 and 10:30 UTC", "10 06:30", "10 10:30"),
        ("From 17:34 - 18:52 GMT errors were high.", "10 17:34", "10 18:52"),
        ("It lasted 21:50 to 22:10 UTC.", "09 21:50", "09 22:10"),  # later than posted: the day before
        ("It lasted 23:50 to 00:10 UTC.", "09 23:50", "10 00:10"),  # across midnight
        ("16:10 UTC on April 8 to 01:59 UTC on April 9", "08 16:10", "09 01:59"),
        ("from 17:45 UTC on March 31 through 05:52 UTC on April 1", "31 17:45", "01 05:52"),
        ("Impact: 6:22–6:39 PT / 13:22–13:39 UTC.", "10 13:22", "10 13:39"),
        ("Impact: 2:01–2:27 PT / 09:01–09:27 UTC", "10 09:01", "10 09:27"),
        ("Impact: 2:01–2:27 PT / 21:01–21:27 UTC on April 9", "09 21:01", "09 21:27"),  # 2 pm, unsaid
        ("from 1:20 pm PDT to 2:05 pm PDT on April 9", "09 20:20", "09 21:05"),
        ("12:15 am to 12:45 am UTC", "10 00:15", "10 00:45"),
    ],
)
def test_plain_windows_are_read(text: str, start: str, end: str) -> None:
    assert found(text) == [(start, end, ())]


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("Impact from 18:12 to 18:55.", stated.NO_ZONE),
        ("Impact: 5:37–6:58 PT / 12:37–13:37 UTC.", stated.ZONES_DISAGREE),
        ("Impact: 3:06 PT / 19:06 UTC to 3:28 PT / 19:28 UTC", stated.ZONES_DISAGREE),
        ("Impact: 5:20–6:48 PT / 12:48–13:48 PT.", stated.SAME_ZONE_TWICE),
        ("from 1:20 pm PT / 20:20 UTC to 2:05 pm PT / 21:05 PT", stated.ZONES_MIXED),
        ("from approximately 4:15 pm to 7:30 pm UTC", stated.VAGUE),
        ("between 12:41 and approximately 12:53 PDT", stated.VAGUE),
        ("from ~16:15 to 16:30 UTC", stated.VAGUE),
        ("from 25:10 to 26:00 UTC", stated.NO_WINDOW),
        ("from 10:10 to 10:10 UTC", stated.NO_WINDOW),
        ("10:00 UTC on February 30 to 11:00 UTC on February 30", stated.NO_WINDOW),
    ],
)
def test_what_speaks_against_a_window_is_said(text: str, doubt: str) -> None:
    ((_, _, doubts),) = found(text)
    assert doubts == (doubt,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "We are on it.",
        "It recovered at 8:01 PT / 16:01 UTC.",
        "Between April 2 and April 10 some customers saw errors.",
        "Version 10:22:31 to 10:23:00 of the log.",
        "Ratios of 3:10 and of 4:5.",
    ],
)
def test_text_without_a_window_has_none(text: str) -> None:
    assert found(text) == []


def test_several_windows_are_several_and_a_quote_is_its_sentence() -> None:
    text = "We are sorry. Three times: 9:53–9:57 UTC, 10:01–10:06 UTC and 10:34–10:36 UTC. It is over.\nOr 1:00–2:00 UTC?"
    windows = stated_windows(text, posted_at=POSTED)
    assert [_shown(one.start) for one in windows] == ["10 09:53", "10 10:01", "10 10:34", "10 01:00"]
    assert windows[0].quote == "Three times: 9:53–9:57 UTC, 10:01–10:06 UTC and 10:34–10:36 UTC."
    assert windows[3].quote == "Or 1:00–2:00 UTC?"


def test_a_share_that_is_about_ten_percent_does_not_make_the_times_vague() -> None:
    assert found("17:23–18:00 UTC: about 10 % errors.") == [("10 17:23", "10 18:00", ())]


def test_a_day_is_taken_in_the_year_in_which_it_is_nearest() -> None:
    new_year = datetime(2026, 1, 1, 3, 0, tzinfo=UTC)
    (window,) = stated_windows("From 23:00 UTC on December 31 to 01:00 UTC on January 1.", posted_at=new_year)
    assert (window.start, window.end) == (
        datetime(2025, 12, 31, 23, tzinfo=UTC),
        datetime(2026, 1, 1, 1, tzinfo=UTC),
    )


def test_hostile_text_is_read_in_no_time() -> None:
    started = datetime.now(UTC)
    for text in ("9:00–" * 100_000, "1:" * 100_000, "approximately " * 50_000, ". " * 200_000, "a" * 500_000):
        stated_windows(text, posted_at=POSTED)
    assert datetime.now(UTC) - started < timedelta(seconds=5)


def test_every_stated_window_that_the_demonstration_uses_is_found_and_no_other_of_those_incidents() -> None:
    decided = readings.load("decisions.json")["decisions"]
    incidents = {incident["id"]: incident for incident in readings.load("feed.json")["incidents"]}
    used: dict[str, set[tuple[datetime, datetime]]] = {}
    for decision in decided:
        for entry in [*decision.get("correct", ()), *decision.get("record", ())]:
            if entry["basis"] == "stated_window":
                span = readings.instant(entry["start"]), readings.instant(entry["end"])
                used.setdefault(decision["incident"], set()).add(span)
    assert len(used) > 20
    for name, spans in used.items():
        assert {(one.start, one.end) for one in _of(incidents[name]) if one.exact} == spans, name


def test_no_text_that_the_demonstration_calls_ambiguous_is_exact() -> None:
    for incident in readings.load("feed.json")["incidents"]:
        bodies = [update["body"] for update in incident["incident_updates"]]
        if any("approximately" in body or "zone" in body for body in bodies):
            assert not any(one.exact for one in _of(incident)), incident["id"]


def _of(incident: readings.Json) -> list[Stated]:
    return [
        one
        for update in incident["incident_updates"]
        for one in stated_windows(update["body"], posted_at=readings.instant(update["display_at"]))
    ]
