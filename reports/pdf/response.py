"""How fast incidents were answered and how often components failed: the frozen values in words.

Definitions stand in slaservice/rules/response.py and, for the reader, under "Definitions and method". A statement that was issued
before these were recorded has none, and its paper stays as it was.
"""

from fractions import Fraction

from reports.pdf import figures
from reports.pdf.facts import Document, Facts
from slaservice.rules.evidence import parse_instant
from slaservice.rules.intervals import SECOND
from slaservice.rules.words import counted

_MILESTONES = (
    ("acknowledged", "acknowledged"),
    ("identified", "identified"),
    ("mitigated", "restored"),
    ("resolved", "resolved"),
)


def response_words(incident: Document) -> str:
    """'Acknowledged after 0:05:10, identified 0:20:00, ...'; empty where no update told of it, rounded up to the second."""
    times = incident.get("response")
    if not times or times["acknowledged"] is None:
        return ""
    began = parse_instant(times["began"])
    told = [
        (word, max(0, parse_instant(times[name]) - began))
        for name, word in _MILESTONES
        if times[name] is not None
    ]
    (first, took), *others = told
    said = [
        f"{first.capitalize()} after {_clock(took)}",
        *(f"{word} {_clock(after)}" for word, after in others),
    ]
    return ", ".join(said)


def _clock(microseconds: int) -> str:
    return figures.brief(Fraction(microseconds, SECOND))


def reliability_words(facts: Facts) -> list[str]:
    """A sentence for each component: failures, mean time to restore service, mean time between failures."""
    return [_sentence(facts.name(one["component"]), one) for one in facts.case.get("reliability") or ()]


def _sentence(name: str, one: Document) -> str:
    if not one["failures"]:
        return f"{name}: no failure began in the period."
    mttr, mtbf = one["mttr_seconds"], one["mtbf_seconds"]
    restored = "none restored yet" if mttr is None else f"MTTR {figures.brief(Fraction(mttr))}"
    return f"{name}: {counted(one['failures'], 'failure')}, {restored}, MTBF {figures.brief(Fraction(mtbf), 'floor')}."
