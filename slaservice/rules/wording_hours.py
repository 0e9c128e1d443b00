"""Service hours in words: the week and its exceptions as one sentence."""

from itertools import groupby

from slaservice.rules.language import message, said
from slaservice.rules.periods import WEEKDAYS, Weekday
from slaservice.rules.terms import ServiceHours
from slaservice.rules.words import day, in_turn, listed, time_of_day

_WEEKDAY: dict[Weekday, str] = dict(
    zip(
        WEEKDAYS,
        (
            message("Monday"),
            message("Tuesday"),
            message("Wednesday"),
            message("Thursday"),
            message("Friday"),
            message("Saturday"),
            message("Sunday"),
        ),
        strict=True,
    )
)


def hours_in_words(hours: ServiceHours) -> str:
    """The week, days alike told together, and the days that differ from it."""
    week = [(said(name), _openings(hours.weekly.get(code))) for code, name in _WEEKDAY.items()]
    spans = []
    for openings, group in groupby(week, key=lambda one: one[1]):
        named = [name for name, _ in group]
        span = listed(named) if len(named) < 3 else said("{first} to {last}", first=named[0], last=named[-1])
        spans.append(said("{days} {openings}", days=span, openings=openings))
    if not hours.exceptions:
        return said(
            "The service is promised within service hours only, by the clock of {timezone}: {hours}.",
            timezone=hours.timezone,
            hours=in_turn(spans),
        )
    exceptions = [
        said("{date} {openings}", date=day(date), openings=_openings(openings))
        for date, openings in sorted(hours.exceptions.items())
    ]
    return said(
        "The service is promised within service hours only, by the clock of {timezone}: {hours}; except {exceptions}.",
        timezone=hours.timezone,
        hours=in_turn(spans),
        exceptions=", ".join(exceptions),
    )


def _openings(openings: tuple[tuple[int, int], ...] | None) -> str:
    if not openings:
        return said("closed")
    return listed(
        [said("{start} to {end}", start=time_of_day(start), end=time_of_day(end)) for start, end in openings]
    )
