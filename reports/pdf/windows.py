"""The windows of the ledger by number: what each one lost, line by line, so that the downtime is the sum of what can be named.

A window's number is its place in the case's `input.outages`, from 1: the annex and the statement's document count alike.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports.pdf import figures
from reports.pdf.facts import Facts
from reports.pdf.ledger import Ledger
from reports.pdf.step import Step
from reports.pdf.text import printable
from slaservice.rules.evidence import Outage
from slaservice.rules.reasons import retold
from slaservice.rules.signal import window_name
from slaservice.rules.words import number

MOST_LINES = 8
"""Windows that the computation lists one by one: those that lost most; the rest is one line."""

_PATHS = ("signal.severity_weight", "signal.affected_share")
_MARKS = {"late notice": "exclude.notice_seconds", "beyond the allowance": "exclude.allowance_seconds"}


@dataclass(slots=True)
class _Lost:
    """What one window lost in one ledger: microseconds by loss, from its first instant that counts."""

    name: str
    ledger: Ledger
    start: int
    times: dict[Fraction, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    marks: dict[str, None] = field(default_factory=dict)

    @property
    def seconds(self) -> Fraction:
        return sum((loss * time for loss, time in self.times.items()), Fraction(0))


def numbered(facts: Facts) -> dict[str, int]:
    """Window -> its number."""
    return {window_name(one, place): place + 1 for place, one in enumerate(facts.evidence.outages)}


def ranges(numbers: Iterable[int]) -> str:
    """'1, 3–5'."""
    found: list[list[int]] = []
    for one in sorted(numbers):
        if found and found[-1][-1] == one - 1:
            found[-1].append(one)
        else:
            found.append([one])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in found)


def window_steps(facts: Facts) -> Iterator[Step]:
    """A line for each window that lost anything, in the order of time; in parentheses where it is not part of the downtime."""
    found = sorted(_lost(facts.ledgers), key=lambda one: (one.start, one.name))
    most = sorted(range(len(found)), key=lambda place: -found[place].seconds)
    shown, rest = sorted(most[:MOST_LINES]), sorted(most[MOST_LINES:])
    names = _Names(facts)
    yield from (_step(facts, names, found[place]) for place in shown)
    for counts in (True, False):
        others = [found[place] for place in rest if _counts(facts, found[place].ledger) == counts]
        if others:
            yield _others(facts, others, counts=counts)


class _Names:
    """Numbers, outages and incidents of a case by window."""

    def __init__(self, facts: Facts) -> None:
        self.numbers = numbered(facts)
        self.outages: dict[str, Outage] = {
            window_name(one, place): one for place, one in enumerate(facts.evidence.outages)
        }
        self.incidents: dict[str, str] = {
            name: printable(one["reference"], 60)
            for one in facts.case.get("incidents") or ()
            for name in one["windows"]
        }


def _lost(ledgers: Iterable[Ledger]) -> list[_Lost]:
    found: dict[tuple[str | None, str], _Lost] = {}
    for ledger in ledgers:
        for row in ledger.rows:
            if row.loss:
                name = row.windows[0] if row.windows else row.bucket
                name = "requests" if name.startswith("requests[") else name
                one = found.setdefault((ledger.component, name), _Lost(name, ledger, row.start))
                one.times[row.loss] += row.seconds
                one.marks.update(dict.fromkeys(row.marks))
    return list(found.values())


def _counts(facts: Facts, ledger: Ledger) -> bool:
    """Whether a ledger is part of the downtime: where the lowest uptime counts, only that component's is."""
    return facts.terms.combine != "min" or ledger is _lowest(facts)


def _lowest(facts: Facts) -> Ledger:
    own = facts.result.get("components") or {}
    eligible = [one for one in facts.ledgers if own[one.component]["eligible_seconds"]]
    return min(eligible or facts.ledgers, key=lambda one: Fraction(own[one.component]["uptime_ratio"]))


def _step(facts: Facts, names: _Names, one: _Lost) -> Step:
    place = names.numbers.get(one.name)
    label = _("Window %(number)s") % {"number": place} if place else _unnamed(one.name)
    detail = " + ".join(_products(one.times))
    if place:
        detail = (
            f"{names.incidents.get(one.name, printable(one.name, 60))}, {facts.clock.at(one.start)}: {detail}"
        )
    if one.ledger.component:
        detail = f"{facts.name(one.ledger.component)}; {detail}"
    marks = [printable(retold(mark), 60) for mark in one.marks]
    clauses = [
        _clause(facts, one.name),
        *(facts.clause(_MARKS[mark.partition(":")[0]]) for mark in one.marks),
    ]
    return Step(
        label,
        "; ".join([detail, *marks]),
        ", ".join(dict.fromkeys(filter(None, clauses))),
        _value(one.seconds, counts=_counts(facts, one.ledger)),
        paths=_PATHS if place else (),
    )


def _unnamed(name: str) -> str:
    return _("Failed requests") if name == "requests" else _("No measurements")


def _clause(facts: Facts, name: str) -> str:
    if name == "requests":
        return facts.clause("signal.requests", "signal")
    return facts.clause("no_data") if name in ("no data", "no_data") else facts.clause(*_PATHS, "signal")


def _products(times: dict[Fraction, Fraction]) -> list[str]:
    sums = [f"{figures.seconds(times[loss])} × {number(loss)}" for loss in sorted(times, reverse=True)]
    return sums if len(sums) <= 4 else [*sums[:3], "…"]


def _others(facts: Facts, others: Sequence[_Lost], *, counts: bool) -> Step:
    label = ngettext("%(count)s more window", "%(count)s more windows", len(others)) % {"count": len(others)}
    seconds = sum((one.seconds for one in others), Fraction(0))
    return Step(
        label, _("in the annex (CSV)"), _clause(facts, ""), _value(seconds, counts=counts), paths=_PATHS
    )


def _value(seconds: Fraction, *, counts: bool) -> str:
    return figures.seconds(seconds) if counts else f"({figures.seconds(seconds)})"
