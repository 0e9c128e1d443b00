"""The exclusions of a commitment: maintenance with its notice, and what else was excluded with why, and who approved it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.utils.translation import gettext, gettext_noop, ngettext

from reports.pdf import figures
from reports.pdf.facts import Facts
from reports.pdf.incidents import MOST_ROWS
from reports.pdf.ledger import excluded_by_exclusion
from reports.pdf.text import printable
from slaservice.rules.evidence import Exclusion
from slaservice.rules.exclusions import announced_in_time, exclusion_name
from slaservice.rules.intervals import SECOND
from slaservice.rules.terms import Category

_CATEGORIES: Mapping[Category, str] = {
    "scheduled_maintenance": gettext_noop("Scheduled maintenance"),
    "emergency_maintenance": gettext_noop("Emergency maintenance"),
    "customer_caused": gettext_noop("Customer caused"),
    "third_party": gettext_noop("Third party"),
    "force_majeure": gettext_noop("Force majeure"),
    "beta": gettext_noop("Beta"),
    "suspension": gettext_noop("Suspension"),
}


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
class Exclusions:
    """The list of a commitment, and what was left out."""

    rows: list[ExclusionRow]
    note: str


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
    note = ""
    if more > 0:
        note = ngettext(
            "and %(count)s more in the annex (JSON)", "and %(count)s more in the annex (JSON)", more
        )
        note %= {"count": more}
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
        category=gettext(_CATEGORIES[exclusion.category]),
        components=facts.name(exclusion.component),
        announced=_announced(facts, exclusion),
        excluded=figures.clock(taken),
        why=_why(facts, name),
    )


def _announced(facts: Facts, exclusion: Exclusion) -> str:
    if exclusion.announced_at is None:
        return gettext("never") if exclusion.category.endswith("maintenance") else "–"
    return f"{facts.clock.at(exclusion.announced_at)}, {_ahead(exclusion.start - exclusion.announced_at)}"


def _why(facts: Facts, name: str) -> str:
    """'Clause 7.2(b): the customer revoked the key. Approved by Ada Lovelace on 4 May 2026, 11:20.'"""
    for written in facts.case.get("exclusions") or ():
        if written["reference"] == name:
            said = gettext("Clause %(number)s: %(reason)s") % {
                "number": printable(written["clause"], 60),
                "reason": printable(written["justification"], 2000),
            }
            return " ".join(filter(None, (said, _approval(facts, name))))
    return ""


def _approval(facts: Facts, name: str) -> str:
    """Who decided that the time is excluded, and when."""
    approval = facts.approvals.get(name)
    if approval is None:
        return ""
    at = facts.clock.stamp(datetime.fromisoformat(approval["at"]))
    return gettext("Approved by %(person)s on %(time)s.") % {
        "person": printable(approval["by"], 80),
        "time": at,
    }


def _notice(facts: Facts, exclusion: Exclusion) -> tuple[str, bool]:
    exclude = facts.terms.exclude
    if not exclude.covers(exclusion.category):
        return gettext("not excluded by these terms"), False
    if exclude.notice_seconds is None or exclusion.category != "scheduled_maintenance":
        return gettext("none asked for"), False
    asked = figures.hours(Fraction(exclude.notice_seconds))
    if announced_in_time(facts.terms, exclusion):
        return gettext("in time ({asked})").format(asked=asked), False
    return gettext("late ({asked}): not excluded").format(asked=asked), True


def _ahead(microseconds: int) -> str:
    """'96 h before': how long before its start something was announced, whole hours rounded down."""
    if microseconds < 0:
        return gettext("after its start")
    minutes = microseconds // SECOND // 60
    if minutes < 60:
        return gettext("{minutes} min before").format(minutes=minutes)
    return gettext("{hours} h before").format(hours=minutes // 60)
