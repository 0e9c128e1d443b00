"""Times as feeds write them: an offset always, sometimes finer than a microsecond, sometimes a year 1 for "not yet"."""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from slaservice.outages.models.constraints import FIRST_INSTANT, LAST_INSTANT

_WRITTEN = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d{1,18}))?([Zz]|[+-]\d\d:?\d\d)", re.ASCII
)
_MICROSECOND = timedelta(microseconds=1)
_NOT_YET = "0001-01-01T00:00:00"


class Instant(NamedTuple):
    """An instant of a feed between two microseconds: `floor` for a start, `ceil` for an end, equal where it is exact."""

    floor: datetime
    ceil: datetime


def parse_instant(text: object) -> Instant | None:
    """An instant from ISO 8601 with an offset; None for null, an empty text and the year 1, which mean "not yet".

    ValueError with the reason for anything else: a time without an offset, a leap second, a year before 2000 or after 2099.
    """
    if text is None or text == "" or (isinstance(text, str) and text.startswith(_NOT_YET)):
        return None
    if not isinstance(text, str):
        raise ValueError("must be a time as text, such as 2026-04-28T17:34:00Z")
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise ValueError(f"{text[:40]!r} is not a time with an offset, such as 2026-04-28T17:34:00Z")
    day, clock, fraction, offset = written.groups()
    try:
        whole = datetime.fromisoformat(f"{day}T{clock}{offset.upper()}")
        floor = (
            whole.astimezone(FIRST_INSTANT.tzinfo) + int((fraction or "0").ljust(6, "0")[:6]) * _MICROSECOND
        )
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:40]!r} is not a time that exists") from None
    if not FIRST_INSTANT <= floor < LAST_INSTANT - _MICROSECOND:
        raise ValueError(f"{text[:40]!r} does not lie between 2000 and 2100")
    finer = bool(fraction) and fraction[6:].strip("0") != ""
    return Instant(floor, floor + _MICROSECOND if finer else floor)
