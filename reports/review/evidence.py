"""The facts behind a statement with all that was done to them: what counted, what was corrected, withdrawn or came later.

A statement names its facts by reference, one revision each. Here every revision of them stands side by side, with who recorded,
confirmed, corrected or withdrew it, when and why, the files that show it; and beside them what touches the period and counts
nothing in it, so that whoever decides sees what was left out too.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts.models import Exclusion
from reports.facts import tiers_of, time_of
from reports.models import Statement, StatementLine
from reports.pdf import figures
from reports.pdf.exclusions import exclusion_row
from reports.pdf.facts import Facts
from reports.pdf.incidents import severity_words, window_note
from reports.pdf.ledger import excluded_by_exclusion, lost_by_window
from reports.pdf.text import printable
from slaservice.history.models import Entry
from slaservice.history.people import name_of
from slaservice.history.queries import histories_of
from slaservice.outages.models import Evidence, Maintenance, MeasurementGap, OutageWindow
from slaservice.outages.queries import overlaps
from slaservice.rules.exclusions import exclusion_name
from slaservice.rules.intervals import instant
from slaservice.rules.signal import window_name

Row = Any
"""An outage window, a maintenance, a gap or an exclusion: whatever has a reference and a life."""

DONE = {
    "propose": "recorded it",
    "import": "imported it",
    "confirm": "confirmed it",
    "approve": "approved it",
    "correct": "corrected it",
    "supersede": "closed it for a later revision",
    "withdraw": "withdrew it",
    "reject": "rejected it",
    "end": "ended it",
    "add": "showed a file",
}
"""What history's actions say of a fact, in words."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done to a fact: when, by whom (both names, where somebody acted for another), what, why."""

    at: datetime
    who: str
    what: str
    why: str
    changes: list[str]


@dataclass(frozen=True, slots=True)
class FactShown:
    """A fact with its revisions as one; `tone` is 'alarm' where it says otherwise than the statement, 'wait', or ''."""

    anchor: str
    reference: str
    url: str
    kind: str
    what: str
    when: str
    counted: list[str]
    note: str
    standing: str
    tone: str
    group: str
    known: str
    link: str
    incident: tuple[str, str] | None
    files: list[tuple[str, str]]
    events: list[Event]


@dataclass(frozen=True, slots=True)
class Shown:
    """The facts of a statement: those that ask for a look, that counted, that counted nothing, and what does not stand."""

    changed: list[FactShown]
    counted: list[FactShown]
    nothing: list[FactShown]
    withdrawn: list[FactShown]


def facts_of(statement: Statement, lines: Sequence[StatementLine], cases: Sequence[Facts]) -> Shown:
    """Every fact of a statement. The same number of queries, however many there are."""
    said = _Said(statement, cases, [line.commitment.version.tier_id for line in lines])
    families = [family for group in _families(statement, said) for family in group]
    rows = [row for family in families for row in family]
    history = histories_of(rows)
    files = _files(rows)
    shown = [_shown(family, said, history, files) for family in families]
    shown.sort(key=lambda pair: pair[0])
    found: dict[str, list[FactShown]] = defaultdict(list)
    for _, one in shown:
        found[one.group].append(one)
    return Shown(found["changed"], found["counted"], found["nothing"], found["withdrawn"])


class _Said:
    """What the statement's document says of its facts, by reference."""

    def __init__(self, statement: Statement, cases: Sequence[Facts], tiers: Sequence[int]) -> None:
        self.statement, self.cases, self.clock = statement, cases, cases[0].whole
        self.tiers = tiers
        self.counted: dict[str, list[str]] = defaultdict(list)
        self.notes: dict[str, dict[str, None]] = defaultdict(dict)
        self.what: dict[str, str] = {}
        self.references: set[str] = set()
        for case in cases:
            self._outages(case)
            self._excuses(case)

    def _outages(self, case: Facts) -> None:
        lost = lost_by_window(case.ledgers)
        for index, outage in enumerate(case.evidence.outages):
            name = window_name(outage, index)
            seconds = lost.get(name, Fraction(0))
            self.references.add(name)
            self.what[name] = f"{case.name(outage.component)}, {severity_words(case, outage).lower()}"
            self._count(case, name, seconds, "")
            if note := window_note(case, name, outage, seconds):
                self.notes[name][note] = None

    def _excuses(self, case: Facts) -> None:
        taken = excluded_by_exclusion(case.ledgers)
        for index, excuse in enumerate(case.evidence.maintenance):
            name = exclusion_name(excuse, index)
            row = exclusion_row(case, name, excuse, taken.get(name, Fraction(0)))
            self.references.add(name)
            self.what[name] = f"{row.components}, {row.category.lower()}"
            self._count(case, name, taken.get(name, Fraction(0)), " excluded")
            said = [row.why] if row.why else [f"announced {row.announced}", f"notice: {row.notice}"]
            self.notes[name].update(dict.fromkeys(said))

    def _count(self, case: Facts, name: str, seconds: Fraction, word: str) -> None:
        if seconds:
            where = f"{case.title}: " if len(self.cases) > 1 else ""
            self.counted[name].append(f"{where}{figures.clock(seconds)}{word}")

    def covers(self, row: Row) -> bool:
        """Whether a fact that stands would be part of the figures if they were worked out now."""
        start, end = time_of(row)
        tiers = (
            None if isinstance(row, MeasurementGap) or getattr(row, "contract_id", None) else tiers_of(row)
        )
        return any(
            (row.component is None or row.component.code in case.terms.components.names)
            and (tiers is None or tier in tiers)
            and start < case.clock.end
            and (end is None or end > case.clock.start)
            and start != end
            for case, tier in zip(self.cases, self.tiers, strict=True)
        )

    def knows(self, row: Row) -> bool:
        """Whether the statement counted with this revision. Gaps have no name in a document: they are told by their time."""
        if isinstance(row, MeasurementGap):
            worked_out = self.statement.drafted_at
            known = row.confirmed_at is not None and row.confirmed_at <= worked_out
            return known and (row.closed_at is None or row.closed_at > worked_out)
        return row.reference in self.references


# What is recorded: revisions of one fact together


def _families(statement: Statement, said: _Said) -> Iterator[list[list[Row]]]:
    components = {code for case in said.cases for code in case.terms.components.names}
    tiers = set(said.tiers)
    start, end = statement.period_start, statement.period_end
    ours = Q(component__code__in=components) | Q(component__isnull=True)
    touches = ours & overlaps(start, end)
    hit = Q(pk__in=OutageWindow.tiers.through.objects.filter(tier__in=tiers).values("window"))
    kept = Q(pk__in=Maintenance.tiers.through.objects.filter(tier__in=tiers).values("maintenance"))
    named = Q(reference__in=said.references)
    for model, near in (
        (OutageWindow, named | touches & hit),
        (Maintenance, named | touches & kept),
        (MeasurementGap, touches),
    ):
        found = model._default_manager.filter(near)
        yield _grouped(_revisions(model, found), set(found.values_list("pk", flat=True)))
    for_it = Q(contract=statement.contract_id) | Q(contract__isnull=True, tiers__in=tiers)
    meanwhile = Q(starts_at__lt=end) & (Q(ends_at__gt=start) | Q(ends_at__isnull=True))
    excluded = Exclusion.objects.filter(named | ours & meanwhile & for_it).distinct()
    yield [[row] for row in excluded.select_related("component").prefetch_related("tiers")]


def _revisions(model: type[Row], found: QuerySet[Row]) -> QuerySet[Row]:
    """All revisions of what was found, and a few that share nothing but an id; those are dropped in `_grouped`."""
    rows = model._default_manager.filter(external_id__in=found.order_by().values("external_id"))
    rows = rows.select_related("component").order_by("source", "external_id", "revision")
    if model is OutageWindow:
        rows = rows.select_related("incident").defer("incident__payload")
    return rows if model is MeasurementGap else rows.prefetch_related("tiers")


def _grouped(rows: Iterable[Row], near: Collection[int]) -> list[list[Row]]:
    families: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        families[row.source, row.external_id].append(row)
    return [family for family in families.values() if any(row.pk in near for row in family)]


def _files(rows: Sequence[Row]) -> dict[int, list[tuple[str, str]]]:
    """Window's id -> (address, name and note) of the files that show it."""
    files: dict[int, list[tuple[str, str]]] = defaultdict(list)
    windows = [row.pk for row in rows if isinstance(row, OutageWindow)]
    for one in Evidence.objects.filter(window__in=windows).order_by("added_at", "pk"):
        url = reverse("admin:outages_outagewindow_evidence", args=[one.pk])
        files[one.window_id].append((url, f"{one.name}: {one.note}" if one.note else one.name))
    return files


# One fact


def _shown(
    family: Sequence[Row],
    said: _Said,
    history: Mapping[tuple[str, str], Sequence[Entry]],
    files: Mapping[int, list[tuple[str, str]]],
) -> tuple[tuple[datetime, str], FactShown]:
    """The fact, and where it stands in the order of time."""
    known = [row for row in family if said.knows(row)]
    row = known[-1] if known else family[-1]
    standing, tone = _standing(family, known, said)
    counted = said.counted.get(row.reference, [])
    shown = FactShown(
        anchor=f"fact-{row._meta.model_name}-{row.pk}",
        reference=row.reference,
        url=reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk]),
        kind=str(row._meta.verbose_name),
        what=said.what.get(row.reference) or _what(row),
        when=said.clock.span(*time_of(row)),
        counted=counted,
        note="; ".join(said.notes.get(row.reference, ())),
        standing=standing,
        tone=tone,
        group=_group(tone, known, counted, row),
        known=_basis(row),
        link=getattr(row, "evidence_url", ""),
        incident=_incident(row),
        files=[file for one in family for file in files.get(one.pk, ())]
        if isinstance(row, OutageWindow)
        else [],
        events=[event for one in family for event in _events(one, family, said, history)],
    )
    return (_start(row), row.reference), shown


def _group(tone: str, known: Sequence[Row], counted: Sequence[str], row: Row) -> str:
    if tone:
        return "changed"
    if counted:
        return "counted"
    return "nothing" if known or _stands(row) else "withdrawn"


def _stands(row: Row) -> bool:
    return row.state in ("confirmed", "approved")


def _standing(family: Sequence[Row], known: Sequence[Row], said: _Said) -> tuple[str, str]:
    """How the fact stands today beside what the statement says, and how loudly to say so."""
    last = family[-1]
    if any(row.state == "proposed" for row in family):
        what = "A correction of it waits for a decision" if known else "It waits for a decision"
        return f"{what}: not in these figures.", "wait"
    if known and _stands(known[-1]):
        return "", ""
    if known and _closed_later(known[-1], said):
        verb = {"superseded": "corrected", "ended": "ended"}.get(known[-1].state, "withdrawn")
        return f"It was {verb} after these figures were worked out.", "alarm"
    if not known and _stands(last) and said.covers(last):
        return "It stands, and is not in these figures: they were worked out before.", "alarm"
    return "" if known else f"{str(last.state).capitalize()}: not in these figures.", ""


def _closed_later(row: Row, said: _Said) -> bool:
    return row.closed_at is not None and row.closed_at > said.statement.drafted_at


def _start(row: Row) -> datetime:
    return row.starts_at if isinstance(row, Exclusion) else row.start


def _what(row: Row) -> str:
    of = printable(row.component.name, 80) if row.component else "every component"
    kind = getattr(row, "severity", "") or getattr(row, "category", "") or "not measured"
    return f"{of}, {printable(kind, 60).replace('_', ' ')}"


def _basis(row: Row) -> str:
    """How we know, and what was said of the cause."""
    if isinstance(row, OutageWindow):
        return ", ".join(filter(None, (row.get_basis_display(), row.cause)))
    return getattr(row, "title", "") or getattr(row, "cause", "")


def _incident(row: Row) -> tuple[str, str] | None:
    incident = getattr(row, "incident", None)
    if incident is None:
        return None
    return reverse(
        "admin:outages_incident_change", args=[incident.pk]
    ), f"{incident.external_id}: {incident.title}"


# What was done to it


def _events(
    row: Row, family: Sequence[Row], said: _Said, history: Mapping[tuple[str, str], Sequence[Entry]]
) -> Iterator[Event]:
    several = len(family) > 1
    for entry in history.get((row._meta.label_lower, str(row.pk)), ()):
        verb = entry.action.rpartition(".")[2]
        what = DONE.get(verb, entry.action)
        yield Event(
            at=entry.at,
            who=who(entry),
            what=f"{what} (revision {row.revision})" if several else what,
            why=entry.reason,
            changes=list(_changes(entry, said)),
        )


def who(entry: Entry) -> str:
    """Who did it, and in whose name."""
    name = name_of(entry.actor)
    return f"{name} for {entry.on_behalf_of}" if entry.on_behalf_of else name


def _changes(entry: Entry, said: _Said) -> Iterator[str]:
    """'end: 10 Apr 14:00:00 → 10 Apr 14:10:00' for each thing that a correction says otherwise."""
    before, after = entry.data.get("before"), entry.data.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        for name in after:
            if before.get(name) != after[name]:
                label = name.replace("_", " ")
                yield f"{label}: {_value(before.get(name), said)} → {_value(after[name], said)}"


def _value(value: Any, said: _Said) -> str:
    if value in (None, "", []):
        return "–"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    try:
        return said.clock.at(instant(datetime.fromisoformat(value)))
    except (TypeError, ValueError):
        return printable(value, 200).replace("_", " ")
