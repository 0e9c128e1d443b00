"""Times as feeds write them."""

from datetime import UTC, datetime

import pytest

from slaservice.outages.importers.instants import Instant, parse_instant

AT = datetime(2026, 4, 28, 17, 34, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "floor", "ceil"),
    [
        ("2026-04-28T17:34:00Z", AT, AT),
        ("2026-04-28t17:34:00z", AT, AT),
        ("2026-04-28 17:34:00+00:00", AT, AT),
        ("2026-04-28T19:34:00+02:00", AT, AT),
        ("2026-04-28T10:34:00-0700", AT, AT),
        ("2026-04-29T03:19:00+09:45", AT, AT),
        ("2026-04-28T17:34:00.5Z", AT.replace(microsecond=500_000), AT.replace(microsecond=500_000)),
        ("2026-04-28T17:34:00.480Z", AT.replace(microsecond=480_000), AT.replace(microsecond=480_000)),
        ("2026-04-28T17:34:00,480Z", AT.replace(microsecond=480_000), AT.replace(microsecond=480_000)),
        # finer than a microsecond: floored as a start, ceiled as an end
        ("2026-04-28T17:34:00.432911368Z", AT.replace(microsecond=432_911), AT.replace(microsecond=432_912)),
        ("2026-04-28T17:34:00.999999999Z", AT.replace(microsecond=999_999), AT.replace(second=1)),
        ("2026-04-28T17:34:00.432911000Z", AT.replace(microsecond=432_911), AT.replace(microsecond=432_911)),
        ("2026-04-28T17:34:00.000000000000000001Z", AT, AT.replace(microsecond=1)),
    ],
)
def test_an_instant_is_exact_or_lies_between_two_microseconds(
    text: str, floor: datetime, ceil: datetime
) -> None:
    assert parse_instant(text) == Instant(floor, ceil)


@pytest.mark.parametrize("text", [None, "", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"])
def test_not_yet_is_no_instant(text: str | None) -> None:
    assert parse_instant(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-28T17:34:00",  # whose clock?
        "2026-04-28",
        "17:34",
        "2026-04-28T17:34:60Z",  # a leap second
        "2026-04-28T24:00:00Z",
        "2026-02-29T00:00:00Z",
        "1999-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
        "2099-12-31T23:59:59.9999999Z",
        "9999-12-31T23:59:59-12:00",
        "2026-04-28T17:34:00+25:00",
        "٢٠٢٦-04-28T17:34:00Z",
        "2026-04-28T17:34:00Z; DROP TABLE",
        "Tuesday",
        1777397640,
        1777397640.5,
        True,
        ["2026-04-28T17:34:00Z"],
    ],
)
def test_what_names_no_instant_is_refused(text: object) -> None:
    with pytest.raises(ValueError):
        parse_instant(text)


def test_the_same_instant_reads_the_same_in_every_zone() -> None:
    parsed = parse_instant("2026-04-28T19:34:00+02:00")
    assert parsed is not None
    assert parsed.floor.utcoffset() == AT.utcoffset()
