"""Sums over a frozen ledger."""

from datetime import date
from fractions import Fraction

import pytest

from reports.pdf import facts, ledger
from tests.reports.pdf import kinds
from tests.reports.pdf.samples import case, outage, statement, terms


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_the_days_of_a_ledger_add_up_to_the_period(kind: str) -> None:
    document = kinds.KINDS[kind]()
    for one in document["cases"]:
        read = facts.read(one, document)
        for part in read.ledgers:
            days = part.days(read.clock)
            assert sum(day.lost for day in days) == part.downtime()
            assert sum(day.eligible for day in days) == part.eligible()
            assert (
                sum(end - start for _, start, end in read.clock.days()) == read.clock.end - read.clock.start
            )


def test_a_night_is_split_at_local_midnight() -> None:
    late = outage("2026-04-10T21:30:00Z", 60)
    document = statement([case("API", terms(), {"outages": [late]})])
    read = facts.read(document["cases"][0], document)
    lost = {day.date: day.lost for day in read.ledgers[0].days(read.clock) if day.lost}
    assert lost == {date(2026, 4, 10): 1800, date(2026, 4, 11): 1800}


def test_what_the_windows_decided_is_the_downtime() -> None:
    document = kinds.missed()
    read = facts.read(document["cases"][0], document)
    assert sum(ledger.lost_by_window(read.ledgers).values()) == Fraction("6063.3")
    assert ledger.lost_by_loss(read.ledgers[0]) == [
        (Fraction(1), Fraction(5400)),
        (Fraction(3, 10), Fraction(2211)),
    ]


def test_an_exclusion_has_the_time_that_it_took_out() -> None:
    document = kinds.missed()
    assert ledger.excluded_by_exclusion(facts.read(document["cases"][0], document).ledgers) == {"M-118": 7200}
