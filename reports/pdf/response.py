"""How fast incidents were answered and how often components failed: the frozen values in words.

Definitions stand in slaservice/rules/response.py and, for the reader, under "Definitions and method". A statement that was issued
before these were recorded has none, and its paper stays as it was.
"""

from fractions import Fraction

from django.utils.translation import gettext, gettext_noop, ngettext

from reports.pdf import figures
from reports.pdf.facts import Document, Facts
from slaservice.rules.evidence import parse_instant
from slaservice.rules.intervals import SECOND

_MILESTONES = (
    ("acknowledged", gettext_noop("Acknowledged after {time}"), gettext_noop("acknowledged {time}")),
    ("identified", gettext_noop("Identified after {time}"), gettext_noop("identified {time}")),
    ("mitigated", gettext_noop("Restored after {time}"), gettext_noop("restored {time}")),
    ("resolved", gettext_noop("Resolved after {time}"), gettext_noop("resolved {time}")),
)
"""Of each: as the first that is told, and as one that follows."""


def response_words(incident: Document) -> str:
    """'Acknowledged after 0:05:10, identified 0:20:00, ...'; empty where no update told of it, rounded up to the second."""
    times = incident.get("response")
    if not times or times["acknowledged"] is None:
        return ""
    began = parse_instant(times["began"])
    told = [
        (first, later, _clock(max(0, parse_instant(times[name]) - began)))
        for name, first, later in _MILESTONES
        if times[name] is not None
    ]
    said = [
        gettext(later if index else first).format(time=time)
        for index, (first, later, time) in enumerate(told)
    ]
    return ", ".join(said)


def _clock(microseconds: int) -> str:
    return figures.brief(Fraction(microseconds, SECOND))


def reliability_words(facts: Facts) -> list[str]:
    """A sentence for each component: failures, mean time to restore service, mean time between failures."""
    return [_sentence(facts.name(one["component"]), one) for one in facts.case.get("reliability") or ()]


def _sentence(name: str, one: Document) -> str:
    if not one["failures"]:
        return gettext("{component}: no failure began in the period.").format(component=name)
    failures, mttr = one["failures"], one["mttr_seconds"]
    told = {
        "component": name,
        "failures": figures.count(failures),
        "mtbf": figures.brief(Fraction(one["mtbf_seconds"]), "floor"),
    }
    if mttr is None:
        return ngettext(
            "{component}: {failures} failure, none restored yet, MTBF {mtbf}.",
            "{component}: {failures} failures, none restored yet, MTBF {mtbf}.",
            failures,
        ).format(**told)
    return ngettext(
        "{component}: {failures} failure, MTTR {mttr}, MTBF {mtbf}.",
        "{component}: {failures} failures, MTTR {mttr}, MTBF {mtbf}.",
        failures,
    ).format(**told, mttr=figures.brief(Fraction(mttr)))
