"""The answer of a statement: its four figures, its verdict, and the sentence that says it all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports.pdf import figures, total
from reports.pdf.clock import Clock
from reports.pdf.facts import Document, Facts
from reports.pdf.incidents import incident_list
from reports.pdf.language import form_of
from reports.pdf.text import printable
from slaservice.rules.exact import rounded
from slaservice.rules.reasons import retold
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
    notes = []
    if case.applicable:
        notes.append(_("{time} allowed").format(time=figures.words(allowed, "floor")))
    if allowed:
        notes.append(_("{share} of it used").format(share=figures.used(downtime, allowed)))
    return [
        Cell(_("Contractual uptime"), case.shown_uptime, [_target(case)], verdict(case)),
        Cell(_("Downtime"), figures.words(downtime), notes),
        Cell(
            _credit_label(document, [case]),
            _due(document),
            _credit_notes(case) + _decision_notes(document, case.clock),
        ),
        Cell(_("Measured availability"), case.shown_measured, _excluded_notes(case)),
    ]


def _target(case: Facts) -> str:
    return _("target {target}").format(target=case.shown_target)


def _of_many(document: Document, cases: Sequence[Facts]) -> list[Cell]:
    judged = [case for case in cases if case.applicable]
    missed = [case for case in judged if not case.met]
    lowest = min(judged, key=lambda case: case.uptime - case.target, default=None)
    idle = len(cases) - len(judged)
    cells = [
        Cell(
            _("Commitments met"),
            _("{met} of {all}").format(met=len(judged) - len(missed), all=len(judged)),
            [_("{count} not applicable").format(count=idle)] if idle else [],
            _verdict_of_many(judged, missed),
        )
    ]
    if lowest:
        label = _("Furthest below target") if missed else _("Closest to target")
        cells.append(Cell(label, lowest.shown_uptime, [lowest.title, _target(lowest)]))
    credited = [case.title for case in cases if case.number("credit_amount")]
    notes = [_("no credit due")]
    if credited:
        notes = [_("from {credited} of {all} commitments").format(credited=len(credited), all=len(cases))]
    if document["total"].get("capped"):
        notes.append(_("reduced by the cap"))
    cells.append(
        Cell(
            _credit_label(document, cases), _due(document), notes + _decision_notes(document, cases[0].clock)
        )
    )
    if lowest:
        shown = min(judged, key=lambda case: case.number("measured_percent"))
        cells.append(
            Cell(
                _("Lowest measured availability"),
                shown.shown_measured,
                [shown.title, _excluded_notes(shown)[0]],
            )
        )
    return cells


def _verdict_of_many(judged: Sequence[Facts], missed: Sequence[Facts]) -> Verdict:
    if not judged:
        return Verdict("open", _("Not applicable"))
    if missed:
        text = _("{count} missed so far") if judged[0].provisional else _("{count} missed")
        return Verdict("missed", text.format(count=len(missed)))
    return Verdict("met", _("All met so far") if judged[0].provisional else _("All met"))


def _credit_label(document: Document, cases: Sequence[Facts]) -> str:
    if cases[0].provisional:
        return _("Service credit so far")
    return _("Service credit to be claimed") if document["identity"].get("claim") else _("Service credit due")


def _decision_notes(document: Document, clock: Clock) -> list[str]:
    """Until when to claim; where the amount is not the computed one, what was granted before, what computed, and why."""
    decision, notes = document["identity"].get("decision"), []
    claim = document["identity"].get("claim")
    if claim and claim["until"]:
        until = clock.stamp(datetime.fromisoformat(claim["until"]))
        notes.append(_("claim before {time}").format(time=until))
    before, computed = total.granted_before(document), total.to_grant(document)
    if before:
        notes.append(_("beyond {amount} granted before").format(amount=total.money(document, before)))
    if total.due(document) != computed:
        notes.append(_("computed: {amount}").format(amount=total.money(document, computed)))
        notes += [printable(decision["reason"], 120)] if decision and decision["reason"] else []
    return notes


def _credit_notes(case: Facts) -> list[str]:
    """What the credit is a share of, or why there is none."""
    reasons = case.result["reasons"]
    if not case.terms.credit.rules:
        return [_("these terms give no credit")]
    if case.number("credit_amount"):
        return [_share_of_base(case)] + ([_("reduced by the cap")] if case.result["capped"] else [])
    if reasons["minimum_issue"]["below"]:
        return [_("below the minimum issue")]
    if not reasons["gate"]["open"]:
        return [printable(retold(reasons["gate"]["reason"]))]
    return [_("used up by the cap") if case.result["capped"] else _("the credit rules give nothing")]


def _share_of_base(case: Facts) -> str:
    if case.terms.credit.unit == "days":
        owed = case.number("credit_days")
        days = ngettext("{count} day of service", "{count} days of service", form_of(owed))
        return days.format(count=figures.short(owed))
    base = figures.short(case.number("base_exact"), case.money_places, least=case.money_places)
    return _("{percent} of {base}").format(
        percent=figures.of_hundred(figures.short(case.number("credit_percent"))),
        base=figures.in_currency(base, case.terms.money.currency),
    )


def excluded(case: Facts) -> tuple[str, str]:
    """How much was excluded, and its share of the period (of all components, where each is measured by itself)."""
    taken = case.number("excluded_seconds")
    return figures.words(taken, "floor"), figures.share(
        taken, case.number("period_seconds") * len(case.ledgers)
    )


def _excluded_notes(case: Facts) -> list[str]:
    if not case.number("excluded_seconds"):
        return [_("nothing was excluded")]
    taken, part = excluded(case)
    return [_("{time} excluded").format(time=taken), _("{share} of the period").format(share=part)]


def verdict(case: Facts) -> Verdict:
    """'Missed by 0.131 points': the difference between the two figures as they are shown."""
    if not case.applicable:
        return Verdict("open", _("Not applicable"))
    places = max(case.places, figures.places_of(case.target))
    shown = rounded(case.uptime, case.places, "floor")
    gap = abs(shown - case.target)
    if not case.met:
        text = _("Missed so far by {points}") if case.provisional else _("Missed by {points}")
        return Verdict("missed", text.format(points=figures.points(gap, places)))
    if shown > case.target:
        text = _("Met so far by {points}") if case.provisional else _("Met by {points}")
        return Verdict("met", text.format(points=figures.points(gap, places)))
    return Verdict("met", _("Met so far, just") if case.provisional else _("Met, just"))


def short_verdict(case: Facts) -> Verdict:
    """One word."""
    kind = verdict(case).kind
    return Verdict(kind, {"met": _("Met"), "missed": _("Missed"), "open": _("N/A")}[kind])


def summary(document: Document, cases: Sequence[Facts], clock: Clock) -> str:
    """The answer in a sentence or two."""
    opening = _("In the period {period} so far") if cases[0].provisional else _("In the period {period}")
    opening = opening.format(period=clock.label())
    if len(cases) == 1:
        return f"{_story(opening, cases[0])} {_credit_story(document, cases)}"
    missed = [case for case in cases if not case.met]
    if not missed:
        told = _("{opening}, no commitment was missed.").format(opening=opening)
        return f"{told} {_credit_story(document, cases)}"
    named = [
        _("{commitment} ({uptime} against {target})").format(
            commitment=case.title, uptime=_glued(case.shown_uptime), target=_glued(case.shown_target)
        )
        for case in missed
    ]
    named = named if len(named) < 6 else [*named[:4], _("{count} more").format(count=len(named) - 4)]
    told = _("{opening}, {missed} of {all} commitments were missed: {commitments}.").format(
        opening=opening, missed=len(missed), all=len(cases), commitments=listed(named)
    )
    return f"{told} {_credit_story(document, cases)}"


def _story(opening: str, case: Facts) -> str:
    if not case.applicable:
        return _(
            "{opening}, nothing was promised for {components}, so there is nothing to meet or to miss."
        ).format(opening=opening, components=case.covers)
    told = ngettext(
        "{opening}, {components} was available for {uptime} of the eligible time; the contract asks for {target}.",
        "{opening}, {components} were available for {uptime} of the eligible time; the contract asks for {target}.",
        len(case.components),
    ).format(
        opening=opening,
        components=case.covers,
        uptime=_glued(case.shown_uptime),
        target=_glued(case.shown_target),
    )
    downtime = case.number("downtime_seconds")
    lost = (
        _("Downtime came to {downtime}, where {allowed} are allowed; {incidents}.")
        if downtime
        else _("There was no downtime, where {allowed} are allowed; {incidents}.")
    ).format(
        downtime=_glued(figures.words(downtime)),
        allowed=_glued(figures.words(case.number("allowed_downtime_seconds"), "floor")),
        incidents=_incidents(case),
    )
    return f"{told} {lost}"


def _incidents(case: Facts) -> str:
    """What the sentence on downtime ends with."""
    found = incident_list(case)
    if not found.listed:
        return _("no incident was recorded")
    if found.listed == 1:
        return _("one incident was recorded")
    return _("{counted} of {listed} incidents recorded counted").format(
        counted=found.counted, listed=found.listed
    )


def _credit_story(document: Document, cases: Sequence[Facts]) -> str:
    due = total.due(document)
    if due < 0:
        amount = _glued(total.money(document, -due))
        return _("{amount} of what was granted before is taken back.").format(amount=amount)
    amount = _glued(_due(document))
    if document["identity"].get("claim"):
        return _("A service credit of {amount} is given to whoever claims it.").format(amount=amount)
    if due and cases[0].provisional:
        return _("The service credit so far is {amount}.").format(amount=amount)
    if due:
        return _("The service credit due is {amount}.").format(amount=amount)
    if total.granted_before(document):
        return _("No further service credit is due.")
    return _("No service credit is due.")


def _due(document: Document) -> str:
    return total.money(document, total.due(document))


def _glued(text: str) -> str:
    """A figure that stays on one line within a sentence."""
    return text.replace(" ", "\u00a0")
