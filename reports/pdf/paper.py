"""A statement's frozen document -> the finished values of its paper: who, what, how much, and why.

The templates only place what stands here. Nothing is computed but how to say it: uptime, downtime and money are those of
the frozen result, to the letter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop, ngettext

from reports.pdf import answer, charts, facts, figures
from reports.pdf.asking import annex_words, credit_words, objection_words
from reports.pdf.computation import ComponentLine, components, steps
from reports.pdf.exclusions import Exclusions, exclusion_list
from reports.pdf.facts import Document, Facts
from reports.pdf.history import History, history_of
from reports.pdf.incidents import MOST_ROWS, Incidents, incident_list
from reports.pdf.ledger import Day, Ledger
from reports.pdf.qr import Address, address_of
from reports.pdf.restated import Difference, difference_of
from reports.pdf.step import Step
from reports.pdf.terms import Clauses, terms_of
from reports.pdf.text import lines, printable
from reports.pdf.total import Total, total_of
from reports.pdf.trend import Trend, trend_of
from slaservice.rules.intervals import SECOND

MOST_STRIPS = 8
"""Components of a commitment whose days are drawn, where each is measured by itself."""


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
    more_strips: str
    legend: list[tuple[SafeString, str]]
    incidents: Incidents
    exclusions: Exclusions
    nothing: str
    components: list[ComponentLine]
    more_components: str
    steps: list[Step]


@dataclass(frozen=True, slots=True)
class Paper:
    """The whole document, finished."""

    title: str
    draft: bool
    provisional: str
    vendor: str
    vendor_line: str
    logo: bool
    footer: list[str]
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
    trend: Trend | None
    total: Total | None
    claiming: str
    difference: Difference | None
    history: History | None
    terms: list[Clauses]
    responses: bool
    objections: str
    annex: str
    verify: Address | None
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
    shown_number = printable(number, 60) if number else gettext("Draft")
    trend = trend_of(document, cases)
    alone = len(cases) == 1
    sections = [_section(case, alone=alone, gauged=alone and trend is None) for case in cases]
    issued = clock.stamp(issued_on) if issued_on else gettext("not issued")
    history = history_of(document, cases, number=shown_number, issued=issued)
    return Paper(
        title=gettext("Availability SLA statement {number}, {customer}, {period}").format(
            number=shown_number, customer=name, period=period
        ),
        logo="logo" in vendor,
        footer=lines(vendor.get("footer", ""), 2),
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
        issued=issued,
        cells=answer.cells(document, cases),
        summary=answer.summary(document, cases, clock),
        lines=[section.line for section in sections],
        sections=sections,
        trend=trend,
        total=total_of(document, cases),
        claiming=credit_words(document, cases, number=shown_number),
        difference=difference_of(document),
        history=history,
        terms=terms_of(cases),
        responses=any(one.incidents.listed and one.incidents.reliability for one in sections),
        objections=objection_words(document, number=shown_number),
        annex=annex_words() if number else "",
        verify=address_of(document, digest),
        digest=[digest[index : index + 8] for index in range(0, len(digest), 8)],
        engine=printable(identity["engine"], 40),
        tzdata=printable(identity["tzdata"], 40),
    )


def _versions(contract: Document) -> str:
    """'2'; '1, then 2' where the contract changed within the period."""
    first, *others = [str(one["number"]) for one in contract.get("versions", ())] or [
        str(contract["version"])
    ]
    for other in others:
        first = gettext("{before}, then {after}").format(before=first, after=other)
    return first


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _provisional(cases: Sequence[Facts]) -> str:
    """Until when a period that has not ended is known; empty for one that has."""
    known = [case.evidence.as_of for case in cases if case.provisional and case.evidence.as_of is not None]
    return cases[0].clock.at(max(known)) if known else ""


# One commitment


def _section(case: Facts, *, alone: bool, gauged: bool) -> Section:
    """`gauged`: with the uptime against its target as a drawing, where none says it already."""
    drawn, lines = _drawn(case), components(case)
    days = [(ledger, ledger.days(case.clock)) for ledger in drawn]
    if not alone and not any(day.lost or day.excluded for _, of_ledger in days for day in of_ledger):
        days = []
    incidents, exclusions = incident_list(case), exclusion_list(case)
    allowed = case.number("allowed_downtime_seconds")
    every = [day for _, of_ledger in days for day in of_ledger]
    drawing = None
    if case.applicable and gauged:
        drawing = charts.gauge(
            case.uptime, case.target, met=case.met, labels=(case.shown_uptime, case.shown_target)
        )
    return Section(
        line=_line(case, alone=alone),
        several=len(case.components) > 1,
        gauge=drawing,
        strips=[_strip(case, ledger, of_ledger, last=ledger is drawn[-1]) for ledger, of_ledger in days],
        more_strips=_more_components(len(case.ledgers) - len(drawn)),
        legend=charts.legend(
            bars=any(0 < day.lost <= allowed for day in every),
            tall=any(day.lost > allowed for day in every),
            frames=any(not day.eligible for day in every),
            excluded=any(day.excluded for day in every),
        ),
        incidents=incidents,
        exclusions=exclusions,
        nothing=_nothing(incidents, exclusions),
        components=lines[:MOST_ROWS],
        more_components=_more_components(len(case.ledgers) - len(lines[:MOST_ROWS]) if lines else 0),
        steps=[_unbroken(step) for step in steps(case)],
    )


def _unbroken(step: Step) -> Step:
    """A percent sign never begins a line."""
    return replace(step, detail=step.detail.replace(" %", "\u00a0%"))


def _nothing(incidents: Incidents, exclusions: Exclusions) -> str:
    """What of the evidence there is none of, in a sentence."""
    if not incidents.listed and not exclusions.rows:
        return gettext(
            "No incident, maintenance or other exclusion was recorded for this commitment in the period."
        )
    if not incidents.listed:
        return gettext("No incident was recorded for this commitment in the period.")
    if not exclusions.rows:
        return gettext("No maintenance or other exclusion was recorded for this commitment in the period.")
    return ""


def _drawn(case: Facts) -> list[Ledger]:
    """Those whose days are drawn: all where there are few, else those that lost most, in their order."""
    if len(case.ledgers) <= MOST_STRIPS:
        return list(case.ledgers)
    most = sorted(case.ledgers, key=lambda ledger: -ledger.downtime())[:MOST_STRIPS]
    return [ledger for ledger in case.ledgers if ledger in most]


def _more_components(count: int) -> str:
    if count <= 0:
        return ""
    sentence = ngettext(
        "and %(count)s more component in the annex (JSON)",
        "and %(count)s more components in the annex (JSON)",
        count,
    )
    return sentence % {"count": count}


def _strip(case: Facts, ledger: Ledger, days: list[Day], *, last: bool) -> Strip:
    """The days of a ledger; only the last strip of a commitment carries the days' numbers."""
    name = case.name(ledger.component) if ledger.component else case.covers
    if not ledger.component and len(case.components) > 1:
        name = gettext(_JOINED[case.terms.combine]).format(components=name)
    title = gettext("Downtime by local day, {period}").format(period=case.clock.label())
    allowed = case.number("allowed_downtime_seconds")
    return Strip(name, charts.strip(days, allowed, title, numbered=last))


_JOINED = {
    "any_down": gettext_noop("{components} (any of them down)"),
    "all_down": gettext_noop("{components} (all of them down)"),
}


def _line(case: Facts, *, alone: bool) -> Line:
    return Line(
        title=case.title,
        covers=case.covers,
        target=case.shown_target,
        uptime=case.shown_uptime,
        downtime=figures.brief(case.number("downtime_seconds")),
        allowed=figures.brief(case.number("allowed_downtime_seconds"), "floor") if case.applicable else "–",
        excluded=figures.brief(case.number("excluded_seconds"), "floor"),
        excluded_share=answer.excluded(case)[1] if case.number("excluded_seconds") else "",
        measured=case.shown_measured,
        credit=case.shown_credit,
        verdict=answer.verdict(case) if alone else answer.short_verdict(case),
    )
