"""The two lists of evidence: incidents with how much each counted, and exclusions with their notice.

How much counted is the sum of the ledger's rows that a window decided; every lost instant has one deciding window, so the
column adds up to the downtime. Why something did not count is read from the bucket in which its time stands.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from reports.pdf import figures
from reports.pdf.facts import Facts
from reports.pdf.ledger import excluded_by_exclusion, lost_by_window
from reports.pdf.response import reliability_words, response_words
from reports.pdf.text import printable
from slaservice.rules.evidence import Exclusion, Outage
from slaservice.rules.exclusions import announced_in_time, exclusion_name
from slaservice.rules.intervals import SECOND
from slaservice.rules.signal import window_name
from slaservice.rules.words import number

MOST_ROWS = 40
"""Rows of a list on paper; the rest is counted in a note and stands in the statement's document."""

_FEW, _MOST_NAMES = 3, 60

_BUCKETS = {
    "not_in_term": "not in term",
    "after_as_of": "after the date of the figures",
    "outside_service_hours": "outside service hours",
    "no_data": "no measurements",
    "below_minimum": "below the minimum duration",
}


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One line of the list, finished text; `counts` says whether any of it is downtime."""

    reference: str
    title: str
    when: str
    severity: str
    components: str
    counted: str
    counts: bool
    note: str
    response: str


@dataclass(frozen=True, slots=True)
class ExclusionRow:
    """One line of the list, finished text; `why` is the clause and justification of what is no maintenance."""

    reference: str
    when: str
    category: str
    components: str
    announced: str
    notice: str
    late: bool
    excluded: str
    why: str


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
class Exclusions:
    """The list of a commitment, and what was left out."""

    rows: list[ExclusionRow]
    note: str


@dataclass(frozen=True, slots=True)
class _Entry:
    reference: str
    title: str
    windows: Sequence[tuple[str, Outage]]
    lost: Fraction
    response: str = ""

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
        others = f"{len(left_out)} others, which counted less each; all {len(entries)} are in the statement’s document"
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
    named = ", ".join(names[:_MOST_NAMES]) + (
        f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    )
    severities = dict.fromkeys(
        severity_words(facts, outage).lower() for entry in entries for _, outage in entry.windows
    )
    return f"{len(entries)} incidents that weigh nothing by these terms ({', '.join(severities)}): {named}"


def _entries(facts: Facts, lost: dict[str, Fraction]) -> Iterator[_Entry]:
    """Incidents with their windows, then windows without an incident, then losses without a window."""
    windows = {window_name(outage, index): outage for index, outage in enumerate(facts.evidence.outages)}
    rest = dict(windows)
    for incident in facts.case.get("incidents") or ():
        own = [(name, rest.pop(name)) for name in incident["windows"] if name in rest]
        if own:
            entry = _entry(incident["reference"], incident.get("title") or "", own, lost)
            yield replace(entry, response=response_words(incident))
    for name, outage in rest.items():
        yield _entry(name, "", [(name, outage)], lost)
    requests = [seconds for name, seconds in lost.items() if name.startswith("requests[")]
    if requests:
        yield _Entry(
            "request counts", f"Failed requests in {len(requests)} intervals", (), sum(requests, Fraction(0))
        )
    unmeasured = [lost[name] for name in ("no data", "no_data") if name in lost]
    if unmeasured:
        yield _Entry("no data", "Time without measurements, counts as down", (), sum(unmeasured, Fraction(0)))


def _entry(
    reference: str, title: str, windows: list[tuple[str, Outage]], lost: dict[str, Fraction]
) -> _Entry:
    counted = sum((lost.get(name, Fraction(0)) for name, _ in windows), Fraction(0))
    return _Entry(printable(reference, 60), printable(title, 140), windows, counted)


def _incident_row(facts: Facts, entry: _Entry) -> IncidentRow:
    outages = [outage for _, outage in entry.windows]
    return IncidentRow(
        reference=entry.reference,
        title=entry.title,
        when=_when(facts, outages),
        counts=entry.lost > 0,
        severity=", ".join(dict.fromkeys(severity_words(facts, outage) for outage in outages))
        or "as measured",
        components=", ".join(dict.fromkeys(facts.name(o.component) for o in outages))
        if len(facts.components) > 1
        else "",
        counted=figures.clock(entry.lost),
        note=_note(facts, entry),
        response=entry.response,
    )


def _when(facts: Facts, outages: Sequence[Outage]) -> str:
    if not outages:
        return "in the period"
    ends = [outage.end for outage in outages if outage.end is not None]
    return facts.clock.span(min(o.start for o in outages), max(ends) if len(ends) == len(outages) else None)


def severity_words(facts: Facts, outage: Outage) -> str:
    """'Partial outage × 0.3': the severity, its weight unless in full, the share of users where it matters."""
    words = printable(outage.severity, 40).replace("_", " ").capitalize()
    weight = facts.terms.signal.severity_weight.get(outage.severity)
    if weight and weight != 1:
        words += f" × {number(weight)}"
    if facts.terms.signal.affected_share.mode != "ignore" and outage.affected_share != 1:
        words += f", {figures.exact(outage.affected_share * 100)} % of users"
    return words


def window_note(facts: Facts, name: str, outage: Outage, lost: Fraction) -> str:
    """Why one window counted nothing, or less than it lasted; `lost` are the seconds that it decided."""
    return _note(facts, _Entry(name, "", [(name, outage)], lost))


def _note(facts: Facts, entry: _Entry) -> str:
    """Why an incident counted nothing, or less than it lasted: the buckets in which its time stands, and marks."""
    if entry.windows and facts.terms.signal.source == "requests":
        return "failed requests are judged, not outages"
    notes: dict[str, None] = {}
    dropped = {drop["id"]: drop["reason"] for drop in facts.result["reasons"]["dropped_windows"]}
    for name, outage in entry.windows:
        if name in dropped:
            reason = printable(dropped[name].partition(" (")[0])
            notes[f"{severity_words(facts, outage).lower()} {reason}" if entry.lost else reason] = None
            continue
        until = (facts.evidence.as_of or facts.clock.end) if outage.end is None else outage.end
        if outage.start < facts.clock.start or until > facts.clock.end:
            notes["partly outside the period"] = None
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
        yield f"excluded ({printable(exclusion, 40)})"
    elif bucket in _BUCKETS:
        yield _BUCKETS[bucket]
    elif bucket == "down" and windows and windows[0] not in {name for name, _ in entry.windows}:
        yield "overlaps another"
    yield from (printable(mark, 60) for mark in marks)


def exclusion_list(facts: Facts) -> Exclusions:
    """Maintenance and other exclusions recorded for a commitment, with what each took out."""
    taken = excluded_by_exclusion(facts.ledgers)
    touching = [
        (exclusion_name(exclusion, index), exclusion)
        for index, exclusion in enumerate(facts.evidence.maintenance)
        if exclusion.start < facts.clock.end and exclusion.end > facts.clock.start
    ]
    touching.sort(key=lambda pair: (pair[1].start, pair[0]))
    more = len(touching) - MOST_ROWS
    note = (
        f"The first {MOST_ROWS} of {len(touching)}; all are in the statement’s document." if more > 0 else ""
    )
    rows = [
        exclusion_row(facts, name, one, taken.get(name, Fraction(0))) for name, one in touching[:MOST_ROWS]
    ]
    return Exclusions(rows, note)


def exclusion_row(facts: Facts, name: str, exclusion: Exclusion, taken: Fraction) -> ExclusionRow:
    """One exclusion; `taken` are the seconds that it took out."""
    notice, late = _notice(facts, exclusion)
    return ExclusionRow(
        reference=printable(name, 60),
        when=facts.clock.span(exclusion.start, exclusion.end),
        notice=notice,
        late=late,
        category=exclusion.category.replace("_", " ").capitalize(),
        components=facts.name(exclusion.component),
        announced=_announced(facts, exclusion),
        excluded=figures.clock(taken),
        why=_why(facts, name),
    )


def _announced(facts: Facts, exclusion: Exclusion) -> str:
    if exclusion.announced_at is None:
        return "never" if exclusion.category.endswith("maintenance") else "–"
    return f"{facts.clock.at(exclusion.announced_at)}, {_ahead(exclusion.start - exclusion.announced_at)}"


def _why(facts: Facts, name: str) -> str:
    """'Clause 7.2(b): the customer revoked the key.'"""
    for written in facts.case.get("exclusions") or ():
        if written["reference"] == name:
            return f"Clause {printable(written['clause'], 60)}: {printable(written['justification'], 2000)}"
    return ""


def _notice(facts: Facts, exclusion: Exclusion) -> tuple[str, bool]:
    exclude = facts.terms.exclude
    if not exclude.covers(exclusion.category):
        return "not excluded by these terms", False
    if exclude.notice_seconds is None or exclusion.category != "scheduled_maintenance":
        return "none asked for", False
    asked = figures.hours(Fraction(exclude.notice_seconds))
    if announced_in_time(facts.terms, exclusion):
        return f"in time ({asked})", False
    return f"late ({asked}): not excluded", True


def _ahead(microseconds: int) -> str:
    """'96 h before': how long before its start something was announced, whole hours rounded down."""
    if microseconds < 0:
        return "after its start"
    minutes = microseconds // SECOND // 60
    return f"{minutes // 60} h before" if minutes >= 60 else f"{minutes} min before"
