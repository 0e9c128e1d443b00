"""A statement's frozen document -> the finished values of its paper: who, what, how much, and why.

The templates only place what stands here. Nothing is computed but how to say it: uptime, downtime and money are those of
the frozen result, to the letter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.utils.safestring import SafeString

from reports.pdf import answer, charts, facts, figures
from reports.pdf.computation import ComponentLine, Step, components, steps
from reports.pdf.facts import Document, Facts
from reports.pdf.incidents import Exclusions, Incidents, exclusion_list, incident_list
from reports.pdf.ledger import Day, Ledger
from reports.pdf.restated import Difference, difference_of
from reports.pdf.text import lines, printable
from reports.pdf.total import Total, total_of
from slaservice.rules.intervals import SECOND
from slaservice.rules.wording import clauses
from slaservice.rules.words import listed


@dataclass(frozen=True, slots=True)
class Line:
    """A commitment in the summary and at the head of its section."""

    title: str
    covers: str
    target: str
    uptime: str
    downtime: str
    allowed: str
    excluded: str
    excluded_share: str
    measured: str
    credit: str
    verdict: answer.Verdict


@dataclass(frozen=True, slots=True)
class Strip:
    """The days of one ledger; `name` is what it speaks of."""

    name: str
    drawing: SafeString


@dataclass(frozen=True, slots=True)
class Section:
    """Everything about one commitment."""

    line: Line
    several: bool
    gauge: SafeString | None
    strips: list[Strip]
    legend: list[tuple[SafeString, str]]
    incidents: Incidents
    exclusions: Exclusions
    components: list[ComponentLine]
    steps: list[Step]


@dataclass(frozen=True, slots=True)
class Clauses:
    """Terms in plain words: for which commitments, and (clause number, sentence)."""

    titles: str
    sentences: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Paper:
    """The whole document, finished."""

    title: str
    draft: bool
    provisional: str
    vendor: str
    vendor_line: str
    contact: str
    customer: str
    customer_line: str
    period: str
    zone: str
    shifts: bool
    hours: str
    contract: str
    contract_title: str
    version: str
    tier: str
    number: str
    revision: str
    supersedes: str
    issued: str
    cells: list[answer.Cell]
    summary: str
    lines: list[Line]
    sections: list[Section]
    total: Total | None
    difference: Difference | None
    terms: list[Clauses]
    responses: bool
    digest: list[str]
    engine: str
    tzdata: str


def paper(
    document: Document,
    *,
    number: str | None,
    digest: str,
    issued_on: datetime | None,
    cases: Sequence[Facts] = (),
) -> Paper:
    """The paper of a statement's document. Without a number it is a draft. `cases`, where they were read already."""
    identity = document["identity"]
    cases = cases or [facts.read(case, document) for case in document["cases"]]
    clock = facts.clock_of(document)
    customer, vendor, contract = identity["customer"], identity["vendor"], identity["contract"]
    name, period = printable(customer["name"], 80), clock.label()
    shown_number = printable(number, 60) if number else "Draft"
    sections = [_section(case, alone=len(cases) == 1) for case in cases]
    return Paper(
        title=f"Availability SLA statement {shown_number}, {name}, {period}",
        draft=number is None,
        provisional=_provisional(cases),
        vendor=printable(vendor["name"], 80),
        vendor_line=", ".join(lines(vendor["address"])),
        contact=printable(vendor["contact"], 120),
        customer=name,
        customer_line=", ".join(
            [printable(customer["legal_name"] or name, 120), *lines(customer["address"])]
        ),
        period=period,
        zone=clock.zone.key,
        shifts=clock.shifts(),
        hours=figures.hours(Fraction(clock.end - clock.start, SECOND)),
        contract=printable(contract["number"], 60),
        contract_title=printable(contract["title"], 100),
        version=_versions(contract),
        tier=_capital(printable(identity.get("tier_name") or identity["tier"], 60)),
        number=shown_number,
        revision=str(identity["revision"]),
        supersedes=printable(identity.get("supersedes") or "", 60),
        issued=clock.stamp(issued_on) if issued_on else "not issued",
        cells=answer.cells(document, cases),
        summary=answer.summary(document, cases, clock),
        lines=[section.line for section in sections],
        sections=sections,
        total=total_of(document, cases),
        difference=difference_of(document),
        terms=_terms(cases),
        responses=any(one.incidents.listed and one.incidents.reliability for one in sections),
        digest=[digest[index : index + 8] for index in range(0, len(digest), 8)],
        engine=printable(identity["engine"], 40),
        tzdata=printable(identity["tzdata"], 40),
    )


def _versions(contract: Document) -> str:
    """'2'; '1, then 2' where the contract changed within the period."""
    return ", then ".join(str(one["number"]) for one in contract.get("versions", ())) or str(
        contract["version"]
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _provisional(cases: Sequence[Facts]) -> str:
    """Until when a period that has not ended is known; empty for one that has."""
    known = [case.evidence.as_of for case in cases if case.provisional and case.evidence.as_of is not None]
    return cases[0].clock.at(max(known)) if known else ""


# One commitment


def _section(case: Facts, *, alone: bool) -> Section:
    days = [(ledger, ledger.days(case.clock)) for ledger in case.ledgers]
    allowed = case.number("allowed_downtime_seconds")
    every = [day for _, of_ledger in days for day in of_ledger]
    drawing = None
    if case.applicable:
        drawing = charts.gauge(
            case.uptime, case.target, met=case.met, labels=(case.shown_uptime, case.shown_target)
        )
    return Section(
        line=_line(case, alone=alone),
        several=len(case.components) > 1,
        gauge=drawing,
        strips=[_strip(case, ledger, of_ledger) for ledger, of_ledger in days],
        legend=charts.legend(
            bars=any(0 < day.lost <= allowed for day in every),
            tall=any(day.lost > allowed for day in every),
            frames=any(not day.eligible for day in every),
            excluded=any(day.excluded for day in every),
        ),
        incidents=incident_list(case),
        exclusions=exclusion_list(case),
        components=components(case),
        steps=steps(case),
    )


def _strip(case: Facts, ledger: Ledger, days: list[Day]) -> Strip:
    """The days of a ledger; only the last strip of a commitment carries the days' numbers."""
    name = case.name(ledger.component) if ledger.component else listed(case.components)
    if not ledger.component and len(case.components) > 1:
        name += f" ({_JOINED[case.terms.combine]})"
    title = f"Downtime by local day, {case.clock.label()}"
    allowed = case.number("allowed_downtime_seconds")
    return Strip(name, charts.strip(days, allowed, title, numbered=ledger is case.ledgers[-1]))


_JOINED = {"any_down": "any of them down", "all_down": "all of them down"}


def _line(case: Facts, *, alone: bool) -> Line:
    return Line(
        title=case.title,
        covers=listed(case.components),
        target=case.shown_target,
        uptime=case.shown_uptime,
        downtime=figures.brief(case.number("downtime_seconds")),
        allowed=figures.brief(case.number("allowed_downtime_seconds"), "floor") if case.applicable else "–",
        excluded=figures.brief(case.number("excluded_seconds"), "floor"),
        excluded_share=answer.excluded(case)[1],
        measured=case.shown_measured,
        credit=case.shown_credit,
        verdict=answer.verdict(case) if alone else answer.short_verdict(case),
    )


def _terms(cases: Sequence[Facts]) -> list[Clauses]:
    """The terms in words: what all commitments share once, and then what each has of its own."""
    spoken = [
        [(case.clause(path), printable(words, 2000)) for path, words in clauses(case.terms, case.covered)]
        for case in cases
    ]
    if len(cases) == 1:
        return [Clauses("", spoken[0])]
    shared = [sentence for sentence in spoken[0] if all(sentence in others for others in spoken[1:])]
    blocks = [Clauses("All commitments", shared)] if shared else []
    own: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for case, sentences in zip(cases, spoken, strict=True):
        rest = tuple(sentence for sentence in sentences if sentence not in shared)
        own.setdefault(rest, []).append(case.title)
    return blocks + [Clauses(listed(titles), list(rest)) for rest, titles in own.items() if rest]
