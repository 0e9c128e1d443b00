"""The revisions of a period, one under the other: what each said, by how much it differs from the one before, and why.

Earlier revisions speak as they were issued, from what is frozen with this one (`identity.revisions`, reports/background.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from reports.pdf import figures
from reports.pdf.facts import Document, Facts
from reports.pdf.text import printable
from slaservice.rules.documents import shown_percent
from slaservice.rules.exact import rounded
from slaservice.rules.words import listed

MOST_ROWS = 24
"""Rows on paper; older revisions have papers of their own."""

_MOST_NAMES = 6

_WORDS = {
    ("outage", "added"): gettext_noop("outages added: %(names)s"),
    ("outage", "removed"): gettext_noop("outages withdrawn: %(names)s"),
    ("outage", "changed"): gettext_noop("outages corrected: %(names)s"),
    ("exclusion", "added"): gettext_noop("maintenance or exclusions added: %(names)s"),
    ("exclusion", "removed"): gettext_noop("maintenance or exclusions withdrawn: %(names)s"),
    ("exclusion", "changed"): gettext_noop("maintenance or exclusions corrected: %(names)s"),
    ("gap", "added"): gettext_noop("gaps of the measurement added: %(names)s"),
    ("gap", "removed"): gettext_noop("gaps of the measurement withdrawn: %(names)s"),
    ("gap", "changed"): gettext_noop("gaps of the measurement corrected: %(names)s"),
    ("requests", "added"): gettext_noop("request counts added: %(names)s"),
    ("requests", "removed"): gettext_noop("request counts withdrawn: %(names)s"),
    ("requests", "changed"): gettext_noop("request counts corrected: %(names)s"),
    ("commitment", "added"): gettext_noop("the commitment is new"),
    ("commitment", "removed"): gettext_noop("the commitment is no part of the period any more"),
    ("terms", "changed"): gettext_noop("the terms were amended"),
    ("period", "changed"): gettext_noop("the period was cut otherwise"),
    ("term", "changed"): gettext_noop("the contract’s start or end changed"),
    ("as_of", "changed"): gettext_noop("figures of a later day"),
    ("fee", "changed"): gettext_noop("the fee was corrected"),
    ("affected_user_share", "changed"): gettext_noop("the share of users affected was corrected"),
    ("earlier_periods", "changed"): gettext_noop("earlier periods were restated"),
    ("earlier_credits", "changed"): gettext_noop("credits of earlier periods changed"),
    ("agreement", "changed"): gettext_noop(
        "what joins the commitments changed: overlap, cap or earlier credits"
    ),
}


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A commitment in one revision; `differences` are (downtime, uptime, credit), empty where they did not change."""

    revision: str
    issued: str
    name: str
    downtime: str
    uptime: str
    credit: str
    differences: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Revision:
    """Its rows, and what was recorded otherwise than in the one before."""

    rows: list[HistoryRow]
    why: str


@dataclass(frozen=True, slots=True)
class History:
    """The revisions, the first first; `left_out` says how many older ones have no room."""

    revisions: list[Revision]
    several: bool
    left_out: str


@dataclass(frozen=True, slots=True)
class _Said:
    """What a revision says of its cases, by id."""

    number: str
    revision: int
    issued: str
    currency: str
    cases: Mapping[str, Mapping[str, Any]]
    changes: Sequence[Mapping[str, Any]]


def history_of(document: Document, cases: Sequence[Facts], *, number: str, issued: str) -> History | None:
    """None for a first revision. `number` and `issued` are this one's as the paper shows them."""
    earlier = document["identity"].get("revisions") or []
    if not earlier:
        return None
    told = [*(_earlier(one, cases[0]) for one in earlier), _present(document, number, issued)]
    several = len({name for said in told for name in said.cases}) > 1
    places = {str(case.case["id"]): case.places for case in cases}
    revisions: list[Revision] = []
    before: _Said | None = None
    for said in told:
        revisions.append(
            Revision(list(_rows(said, before, places)), "; ".join(_why(said, cases, several=several)))
        )
        before = said
    kept = _most(revisions)
    more = len(revisions) - len(kept)
    left_out = ngettext(
        "%(count)s earlier revision is on its own paper.",
        "%(count)s earlier revisions are on their own papers.",
        more,
    )
    return History(kept, several, left_out % {"count": more} if more else "")


def _most(revisions: Sequence[Revision]) -> list[Revision]:
    """The last ones, at least two, as many as have room."""
    rows, kept = 0, 0
    for one in reversed(revisions):
        rows += len(one.rows) + bool(one.why)
        if rows > MOST_ROWS and kept >= 2:
            break
        kept += 1
    return list(revisions[len(revisions) - kept :])


def _earlier(one: Mapping[str, Any], case: Facts) -> _Said:
    issued = case.whole.stamp(datetime.fromisoformat(one["issued_at"])) if one["issued_at"] else ""
    cases = {said["id"]: said for said in one["cases"]}
    return _Said(
        printable(one["number"], 60), one["revision"], issued, one["currency"], cases, one["changes"]
    )


def _present(document: Document, number: str, issued: str) -> _Said:
    identity = document["identity"]
    cases = {
        case["id"]: {
            "id": case["id"],
            "downtime_seconds": case["expected"]["downtime_seconds"],
            "uptime_percent": shown_percent(Fraction(case["expected"]["judged_percent"])),
            "applicable": case["expected"]["applicable"],
            "credit_amount": case["expected"]["credit_amount"],
        }
        for case in document["cases"]
    }
    currency, changes = document["total"]["currency"], identity.get("changes") or ()
    return _Said(number, identity["revision"], issued, currency, cases, changes)


def _rows(said: _Said, before: _Said | None, places: Mapping[str, int]) -> Iterator[HistoryRow]:
    """Every commitment of the first; of later ones those whose figures changed, or one line that says that none did."""
    revision = _("Revision %(number)s") % {"number": said.revision}
    heads = [(f"{revision}, {said.number}", said.issued)]
    rows = [
        _row(said, before, name, places.get(name, 3))
        for name, case in said.cases.items()
        if before is None or before.cases.get(name) != case
    ]
    gone = [] if before is None else [name for name in before.cases if name not in said.cases]
    rows += [("–", "–", "–", ("", "", ""), name) for name in gone]
    if not rows:
        rows = [("=", "=", "=", ("", "", ""), _("all figures as before"))]
    for downtime, uptime, credit, differences, name in rows:
        number, issued = heads.pop() if heads else ("", "")
        yield HistoryRow(number, issued, printable(name, 80), downtime, uptime, credit, differences)


def _row(
    said: _Said, before: _Said | None, name: str, places: int
) -> tuple[str, str, str, tuple[str, str, str], str]:
    now = said.cases[name]
    then = None if before is None else before.cases.get(name)
    shown = (
        figures.brief(Fraction(now["downtime_seconds"])),
        figures.percent(Fraction(now["uptime_percent"]), places) if now["applicable"] else _("N/A"),
        _money(Fraction(now["credit_amount"]), said.currency, now),
    )
    return *shown, _differences(now, then, places, said.currency), name


def _differences(
    now: Mapping[str, Any], then: Mapping[str, Any] | None, places: int, currency: str
) -> tuple[str, str, str]:
    """By how much each figure changed; the uptime's between the figures as they are shown."""
    if then is None:
        return "", "", ""
    longer = Fraction(now["downtime_seconds"]) - Fraction(then["downtime_seconds"])
    higher = _floored(now, places) - _floored(then, places)
    more = Fraction(now["credit_amount"]) - Fraction(then["credit_amount"])
    points = figures.points(abs(higher), places)
    comparable = now["applicable"] and then["applicable"] and higher
    return (
        f"{_sign(longer)}{figures.brief(abs(longer))}" if longer else "",
        f"{_sign(higher)}{points}" if comparable else "",
        f"{_sign(more)}{_money(abs(more), currency, now)}" if more else "",
    )


def _floored(case: Mapping[str, Any], places: int) -> Fraction:
    return rounded(Fraction(case["uptime_percent"]), places, "floor")


def _sign(value: Fraction) -> str:
    return "+" if value > 0 else "−"


def _money(amount: Fraction, currency: str, case: Mapping[str, Any]) -> str:
    return figures.money(amount, currency, len(case["credit_amount"].partition(".")[2]))


def _why(said: _Said, cases: Sequence[Facts], *, several: bool) -> Iterator[str]:
    """'outages corrected: INC-7/api/1 (API)': once, with the commitments that it touches where there are several."""
    touched: dict[str, list[str]] = {}
    titles = {str(case.case["id"]): case.title for case in cases}
    for change in said.changes:
        text = _WORDS[change["fact"], change["how"]]
        words = _(text) % {"names": _names(change["names"])}
        name = change["case"]
        touched.setdefault(words, []).extend([] if name is None else [titles.get(name, printable(name, 80))])
    for words, commitments in touched.items():
        everywhere = not several or not commitments or len(commitments) == len(said.cases)
        yield words if everywhere else f"{words} ({listed(commitments)})"


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(printable(name, 60) for name in names[:_MOST_NAMES])
    if len(names) <= _MOST_NAMES:
        return shown
    return _("%(names)s and %(more)s more") % {"names": shown, "more": len(names) - _MOST_NAMES}
