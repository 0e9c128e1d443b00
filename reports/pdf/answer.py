"""The answer of a statement: its four figures, its verdict, and the sentence that says it all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from reports.pdf import figures, total
from reports.pdf.clock import Clock
from reports.pdf.facts import Document, Facts
from reports.pdf.incidents import incident_list
from reports.pdf.text import printable
from slaservice.rules.words import listed


@dataclass(frozen=True, slots=True)
class Verdict:
    """`kind` is 'met', 'missed' or 'open' (neither: not applicable); the words stand for themselves without colour."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One of the four figures of the answer."""

    label: str
    value: str
    notes: list[str]
    verdict: Verdict | None = None


def cells(document: Document, cases: Sequence[Facts]) -> list[Cell]:
    """The four figures; of several commitments, those that stand for all."""
    return _of_one(document, cases[0]) if len(cases) == 1 else _of_many(document, cases)


def _of_one(document: Document, case: Facts) -> list[Cell]:
    downtime, allowed = case.number("downtime_seconds"), case.number("allowed_downtime_seconds")
    notes = [f"{figures.words(allowed, 'floor')} allowed"] if case.applicable else []
    if allowed:
        notes.append(f"{figures.used(downtime, allowed)} of it used")
    return [
        Cell("Contractual uptime", case.shown_uptime, [f"target {case.shown_target}"], verdict(case)),
        Cell("Downtime", figures.words(downtime), notes),
        Cell(
            _credit_label(document, [case]),
            _due(document),
            _credit_notes(case) + _decision_notes(document, case.clock),
        ),
        Cell("Measured availability", case.shown_measured, _excluded_notes(case)),
    ]


def _of_many(document: Document, cases: Sequence[Facts]) -> list[Cell]:
    judged = [case for case in cases if case.applicable]
    missed = [case for case in judged if not case.met]
    lowest = min(judged, key=lambda case: case.uptime - case.target, default=None)
    so_far = " so far" if cases[0].provisional else ""
    if not judged:
        verdict = Verdict("open", "Not applicable")
    elif missed:
        verdict = Verdict("missed", f"{len(missed)} missed{so_far}")
    else:
        verdict = Verdict("met", f"All met{so_far}")
    idle = len(cases) - len(judged)
    cells = [
        Cell(
            "Commitments met",
            f"{len(judged) - len(missed)} of {len(judged)}",
            [f"{idle} not applicable"] if idle else [],
            verdict,
        )
    ]
    if lowest:
        label = "Furthest below target" if missed else "Closest to target"
        cells.append(Cell(label, lowest.shown_uptime, [lowest.title, f"target {lowest.shown_target}"]))
    credited = [case.title for case in cases if case.number("credit_amount")]
    notes = [f"from {len(credited)} of {len(cases)} commitments"] if credited else ["no credit due"]
    if document["total"].get("capped"):
        notes.append("reduced by the cap")
    cells.append(
        Cell(
            _credit_label(document, cases), _due(document), notes + _decision_notes(document, cases[0].clock)
        )
    )
    if lowest:
        shown = min(judged, key=lambda case: case.number("measured_percent"))
        cells.append(
            Cell(
                "Lowest measured availability", shown.shown_measured, [shown.title, _excluded_notes(shown)[0]]
            )
        )
    return cells


def _credit_label(document: Document, cases: Sequence[Facts]) -> str:
    if cases[0].provisional:
        return "Service credit so far"
    return "Service credit to be claimed" if document["identity"].get("claim") else "Service credit due"


def _decision_notes(document: Document, clock: Clock) -> list[str]:
    """Until when to claim; where the amount is not the computed one, what was granted before, what computed, and why."""
    decision, notes = document["identity"].get("decision"), []
    claim = document["identity"].get("claim")
    if claim and claim["until"]:
        notes.append(f"claim before {clock.stamp(datetime.fromisoformat(claim['until']))}")
    if total.granted_before(document):
        notes.append(f"beyond {total.money(document, total.granted_before(document))} granted before")
    if total.due(document) != total.to_grant(document):
        notes.append(f"computed: {total.money(document, total.to_grant(document))}")
        notes += [printable(decision["reason"], 120)] if decision and decision["reason"] else []
    return notes


def _credit_notes(case: Facts) -> list[str]:
    """What the credit is a share of, or why there is none."""
    reasons = case.result["reasons"]
    if not case.terms.credit.rules:
        return ["these terms give no credit"]
    if case.number("credit_amount"):
        return [_share_of_base(case)] + (["reduced by the cap"] if case.result["capped"] else [])
    if reasons["minimum_issue"]["below"]:
        return ["below the minimum issue"]
    if not reasons["gate"]["open"]:
        return [printable(reasons["gate"]["reason"])]
    return ["used up by the cap"] if case.result["capped"] else ["the credit rules give nothing"]


def _share_of_base(case: Facts) -> str:
    if case.terms.credit.unit == "days":
        owed = case.number("credit_days")
        return f"{figures.short(owed)} {'day' if owed == 1 else 'days'} of service"
    base = figures.short(case.number("base_exact"), case.money_places, least=case.money_places)
    return f"{figures.short(case.number('credit_percent'))} % of {case.terms.money.currency} {base}"


def excluded(case: Facts) -> tuple[str, str]:
    """How much was excluded, and its share of the period (of all components, where each is measured by itself)."""
    taken = case.number("excluded_seconds")
    return figures.words(taken, "floor"), figures.share(
        taken, case.number("period_seconds") * len(case.ledgers)
    )


def _excluded_notes(case: Facts) -> list[str]:
    if not case.number("excluded_seconds"):
        return ["nothing was excluded"]
    taken, part = excluded(case)
    return [f"{taken} excluded", f"{part} of the period"]


def verdict(case: Facts) -> Verdict:
    """'Missed by 0.131 points': the difference between the two figures as they are shown."""
    if not case.applicable:
        return Verdict("open", "Not applicable")
    places = max(case.places, figures.places_of(case.target))
    shown = Fraction(case.shown_uptime.removesuffix(" %"))
    gap = figures.exact(abs(shown - case.target), places)
    so_far = " so far" if case.provisional else ""
    if not case.met:
        return Verdict("missed", f"Missed{so_far} by {gap} points")
    return Verdict("met", f"Met{so_far} by {gap} points" if shown > case.target else f"Met{so_far}, just")


def short_verdict(case: Facts) -> Verdict:
    """One word."""
    kind = verdict(case).kind
    return Verdict(kind, {"met": "Met", "missed": "Missed", "open": "N/A"}[kind])


def summary(document: Document, cases: Sequence[Facts], clock: Clock) -> str:
    """The answer in a sentence or two."""
    opening = f"In the period {clock.label()}" + (" so far" if cases[0].provisional else "")
    if len(cases) == 1:
        return f"{opening}, {_story(cases[0])} {_credit_story(document, cases)}"
    missed = [case for case in cases if not case.met]
    if not missed:
        return f"{opening}, no commitment was missed. {_credit_story(document, cases)}"
    named = [
        f"{case.title} ({_glued(case.shown_uptime)} against {_glued(case.shown_target)})" for case in missed
    ]
    named = named if len(named) < 6 else [*named[:4], f"{len(named) - 4} more"]
    return f"{opening}, {len(missed)} of {len(cases)} commitments were missed: {listed(named)}. {_credit_story(document, cases)}"


def _story(case: Facts) -> str:
    covers = listed(case.components)
    verb = "was" if len(case.components) == 1 else "were"
    if not case.applicable:
        return f"nothing was promised for {covers}, so there is nothing to meet or to miss."
    found = incident_list(case)
    seen = (
        ["no incident was recorded", "one incident was recorded"][found.listed]
        if found.listed < 2
        else (f"{found.counted} of {found.listed} incidents recorded counted")
    )
    downtime = case.number("downtime_seconds")
    lost = f"Downtime came to {_glued(figures.words(downtime))}" if downtime else "There was no downtime"
    return (
        f"{covers} {verb} available for {_glued(case.shown_uptime)} of the eligible time; the contract asks for "
        f"{_glued(case.shown_target)}. {lost}, where {_glued(figures.words(case.number('allowed_downtime_seconds'), 'floor'))} "
        f"are allowed; {seen}."
    )


def _credit_story(document: Document, cases: Sequence[Facts]) -> str:
    due = total.due(document)
    if due < 0:
        return f"{_glued(total.money(document, -due))} of what was granted before is taken back."
    if document["identity"].get("claim"):
        return f"A service credit of {_glued(_due(document))} is given to who claims it."
    if due:
        return (
            f"The service credit {'so far' if cases[0].provisional else 'due'} is {_glued(_due(document))}."
        )
    return (
        "No further service credit is due." if total.granted_before(document) else "No service credit is due."
    )


def _due(document: Document) -> str:
    return total.money(document, total.due(document))


def _glued(text: str) -> str:
    """A figure that stays on one line within a sentence."""
    return text.replace(" ", "\u00a0")
