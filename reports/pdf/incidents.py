"""The incidents of a commitment, each with how much of it counted, and why not more.

How much counted is the sum of the ledger's rows that a window decided; every lost instant has one deciding window, so the
column adds up to the downtime. Why something did not count is read from the bucket in which its time stands.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from django.utils.translation import gettext, gettext_noop, ngettext

from reports.pdf import figures
from reports.pdf.facts import Facts
from reports.pdf.ledger import lost_by_window
from reports.pdf.response import reliability_words, response_words
from reports.pdf.text import printable
from reports.pdf.windows import numbered, ranges
from slaservice.rules.evidence import Outage
from slaservice.rules.language import spoken
from slaservice.rules.reasons import retold
from slaservice.rules.signal import window_name
from slaservice.rules.words import number

MOST_ROWS = 40
"""Rows of a list on paper; the rest is counted in a note and stands in the annex."""

_FEW, _MOST_NAMES, _LONGEST_CAUSE = 3, 60, 400

_BUCKETS = {
    "not_in_term": gettext_noop("not in term"),
    "after_as_of": gettext_noop("after the date of the figures"),
    "outside_service_hours": gettext_noop("outside service hours"),
    "no_data": gettext_noop("no measurements"),
    "below_minimum": gettext_noop("below the minimum duration"),
}
_SEVERITIES = {
    "major_outage": gettext_noop("Major outage"),
    "partial_outage": gettext_noop("Partial outage"),
    "degraded_performance": gettext_noop("Degraded performance"),
}
"""Of status pages; a contract may weigh others, which go by their own names."""


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One line of the list, finished text; `counts` says whether any of it is downtime, `numbers` are those of its windows."""

    numbers: str
    reference: str
    title: str
    when: str
    severity: str
    components: str
    counted: str
    counts: bool
    note: str
    cause: str
    response: str


@dataclass(frozen=True, slots=True)
class Incidents:
    """The list of a commitment: rows, those that weigh nothing, what was left out and how much it counted, the sum."""

    rows: list[IncidentRow]
    weightless: str
    others: str
    others_counted: str
    total: str
    counted: int
    listed: int
    reliability: list[str]


@dataclass(frozen=True, slots=True)
class _Entry:
    reference: str
    title: str
    windows: Sequence[tuple[str, Outage]]
    lost: Fraction
    response: str = ""
    cause: str = ""

    @property
    def start(self) -> int:
        return min((window.start for _, window in self.windows), default=0)


def incident_list(facts: Facts) -> Incidents:
    """Every incident of a commitment; at most MOST_ROWS, those that counted most, in the order of time.

    Where more than a few weigh nothing by the terms, these are named together: they would bury what counts.
    """
    lost = lost_by_window(facts.ledgers)
    entries = sorted(_entries(facts, lost), key=lambda entry: (entry.start, entry.reference))
    weightless = _weightless(facts, entries)
    weighty = [entry for entry in entries if entry not in weightless]
    most = sorted(range(len(weighty)), key=lambda index: -weighty[index].lost)
    left_out = [weighty[index] for index in sorted(most[MOST_ROWS:])]
    others = ""
    if left_out:
        others = ngettext(
            "and %(count)s more, which counted less, in the annex (CSV)",
            "and %(count)s more, which counted less each, in the annex (CSV)",
            len(left_out),
        ) % {"count": len(left_out)}
    return Incidents(
        rows=[_incident_row(facts, weighty[index]) for index in sorted(most[:MOST_ROWS])],
        weightless=_named(facts, weightless),
        others=others,
        listed=len(entries),
        others_counted=figures.clock(sum((entry.lost for entry in left_out), Fraction(0))),
        total=figures.clock(sum(lost.values(), Fraction(0))),
        counted=sum(entry.lost > 0 for entry in entries),
        reliability=reliability_words(facts),
    )


def _weightless(facts: Facts, entries: Sequence[_Entry]) -> list[_Entry]:
    """The incidents of which no window weighs anything, if there are more than a few."""
    reasons = {drop["id"]: drop["reason"] for drop in facts.result["reasons"]["dropped_windows"]}
    found = [
        entry
        for entry in entries
        if entry.windows
        and all(reasons.get(name, "").startswith("weighs nothing") for name, _ in entry.windows)
    ]
    return found if len(found) > _FEW else []


def _named(facts: Facts, entries: Sequence[_Entry]) -> str:
    """'5 more weigh nothing by these terms: INC-12 (3 Apr), ...'."""
    if not entries:
        return ""
    names = [f"{entry.reference} ({facts.clock.day(entry.start)})" for entry in entries]
    named = ", ".join(names[:_MOST_NAMES])
    if len(names) > _MOST_NAMES:
        named = gettext("%(names)s and %(more)s more") % {"names": named, "more": len(names) - _MOST_NAMES}
    severities = dict.fromkeys(
        _within(severity_words(facts, outage)) for entry in entries for _, outage in entry.windows
    )
    return gettext("{count} incidents that weigh nothing by these terms ({severities}): {names}").format(
        count=len(entries), severities=", ".join(severities), names=named
    )


def _within(words: str) -> str:
    """Words as they stand within a line; German nouns keep their capitals."""
    return words if spoken().code == "de" else words.lower()


def _entries(facts: Facts, lost: dict[str, Fraction]) -> Iterator[_Entry]:
    """Incidents with their windows, then windows without an incident, then losses without a window."""
    windows = {window_name(outage, index): outage for index, outage in enumerate(facts.evidence.outages)}
    rest = dict(windows)
    for incident in facts.case.get("incidents") or ():
        own = [(name, rest.pop(name)) for name in incident["windows"] if name in rest]
        if own:
            entry = _entry(incident["reference"], incident.get("title") or "", own, lost)
            cause = printable(incident.get("cause") or "", _LONGEST_CAUSE)
            yield replace(entry, response=response_words(incident), cause=cause)
    for name, outage in rest.items():
        yield _entry(name, "", [(name, outage)], lost)
    requests = [seconds for name, seconds in lost.items() if name.startswith("requests[")]
    if requests:
        title = ngettext(
            "Failed requests in {count} interval", "Failed requests in {count} intervals", len(requests)
        ).format(count=len(requests))
        yield _Entry(gettext("request counts"), title, (), sum(requests, Fraction(0)))
    unmeasured = [lost[name] for name in ("no data", "no_data") if name in lost]
    if unmeasured:
        title = gettext("Time without measurements, counts as down")
        yield _Entry(gettext("no data"), title, (), sum(unmeasured, Fraction(0)))


def _entry(
    reference: str, title: str, windows: list[tuple[str, Outage]], lost: dict[str, Fraction]
) -> _Entry:
    counted = sum((lost.get(name, Fraction(0)) for name, _ in windows), Fraction(0))
    return _Entry(printable(reference, 60), printable(title, 140), windows, counted)


def _incident_row(facts: Facts, entry: _Entry) -> IncidentRow:
    outages = [outage for _, outage in entry.windows]
    places = numbered(facts)
    return IncidentRow(
        numbers=ranges(places[name] for name, _ in entry.windows),
        reference=entry.reference,
        title=entry.title,
        when=_when(facts, outages),
        counts=entry.lost > 0,
        severity=", ".join(dict.fromkeys(severity_words(facts, outage) for outage in outages))
        or gettext("as measured"),
        components=", ".join(dict.fromkeys(facts.name(o.component) for o in outages))
        if len(facts.components) > 1
        else "",
        counted=figures.clock(entry.lost),
        note=_note(facts, entry),
        cause=entry.cause,
        response=entry.response,
    )


def _when(facts: Facts, outages: Sequence[Outage]) -> str:
    if not outages:
        return gettext("in the period")
    ends = [outage.end for outage in outages if outage.end is not None]
    return facts.clock.span(min(o.start for o in outages), max(ends) if len(ends) == len(outages) else None)


def severity_words(facts: Facts, outage: Outage) -> str:
    """'Partial outage × 0.3': the severity, its weight unless in full, the share of users where it matters."""
    severity = printable(outage.severity, 40)
    words = (
        gettext(_SEVERITIES[severity]) if severity in _SEVERITIES else severity.replace("_", " ").capitalize()
    )
    weight = facts.terms.signal.severity_weight.get(outage.severity)
    if weight and weight != 1:
        words += f" × {number(weight)}"
    if facts.terms.signal.affected_share.mode != "ignore" and outage.affected_share != 1:
        share = figures.of_hundred(figures.exact(outage.affected_share * 100))
        return gettext("{severity}, {share} of users").format(severity=words, share=share)
    return words


def window_note(facts: Facts, name: str, outage: Outage, lost: Fraction) -> str:
    """Why one window counted nothing, or less than it lasted; `lost` are the seconds that it decided."""
    return _note(facts, _Entry(name, "", [(name, outage)], lost))


def _note(facts: Facts, entry: _Entry) -> str:
    """Why an incident counted nothing, or less than it lasted: the buckets in which its time stands, and marks."""
    if entry.windows and facts.terms.signal.source == "requests":
        return gettext("failed requests are judged, not outages")
    notes: dict[str, None] = {}
    dropped = {drop["id"]: drop["reason"] for drop in facts.result["reasons"]["dropped_windows"]}
    for name, outage in entry.windows:
        if name in dropped:
            reason = printable(retold(dropped[name]).partition(" (")[0])
            notes[f"{_within(severity_words(facts, outage))} {reason}" if entry.lost else reason] = None
            continue
        until = (facts.evidence.as_of or facts.clock.end) if outage.end is None else outage.end
        if outage.start < facts.clock.start or until > facts.clock.end:
            notes[gettext("partly outside the period")] = None
        for ledger in facts.ledgers:
            if ledger.component not in (None, outage.component):
                continue
            for row in ledger.within(outage.start, until):
                notes.update(
                    dict.fromkeys(_row_notes(row.bucket, row.exclusion, row.marks, row.windows, entry))
                )
    return "; ".join(notes)


def _row_notes(
    bucket: str, exclusion: str | None, marks: Sequence[str], windows: Sequence[str], entry: _Entry
) -> Iterator[str]:
    if bucket == "excluded":
        yield gettext("excluded ({exclusion})").format(exclusion=printable(exclusion, 40))
    elif bucket in _BUCKETS:
        yield gettext(_BUCKETS[bucket])
    elif bucket == "down" and windows and windows[0] not in {name for name, _ in entry.windows}:
        yield gettext("overlaps another")
    yield from (printable(retold(mark), 60) for mark in marks)
