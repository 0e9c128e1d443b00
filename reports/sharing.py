"""What contracts share in a close is worked out and written once.

Contracts with the same terms over the same components, of one tier and with the same period are judged by the same facts: their
measurement is one, and so is most of the text of their documents. Money and earlier periods are each contract's own.

Kept from chunk to chunk by value: whatever was corrected in between makes another key. What is kept is bounded by the facts
behind it, least recently used goes first, so that memory grows neither with contracts nor with outages.
"""

from dataclasses import dataclass

from accounts.models import Exclusion
from reports.facts import Recorded
from reports.incidents import incident_list, reliability_list
from reports.inputs import Occasion
from reports.shelf import Shelf
from slaservice.rules.assessment import Measurement, measured
from slaservice.rules.canon import Written
from slaservice.rules.documents import Json, case_json, measured_json

MOST_FACTS = 100_000
"""Facts behind everything that is kept: some 200 MB."""


@dataclass(frozen=True, slots=True)
class Common:
    """What the cases of an occasion have in common: the measurement, and the case's document as far as it goes."""

    measurement: Measurement
    case: Written


_COMMON: Shelf[Common] = Shelf(MOST_FACTS)
_INCIDENTS: Shelf[Written] = Shelf(MOST_FACTS)


def common(occasion: Occasion) -> Common:
    """What all cases of this occasion share. Invalid where terms and facts do not fit together."""
    return _COMMON.get(occasion, _weight(occasion), lambda: _with_incidents(occasion))


def _with_incidents(occasion: Occasion) -> Common:
    """What is said of incidents and exclusions comes from rows that a case does not have: that is of one chunk."""
    key = (occasion.terms_key, occasion.case.evidence)
    judged = _COMMON.get(key, _weight(occasion), lambda: _judged(occasion))
    recorded = occasion.recorded
    case = judged.case | _INCIDENTS.get(recorded, len(recorded.windows), lambda: _incidents(recorded))
    if occasion.exclusions:
        case |= Written.of({"exclusions": [_exclusion(row) for row in occasion.exclusions]})
    return Common(judged.measurement, case)


def _incidents(recorded: Recorded) -> Written:
    return Written.of({"incidents": incident_list(recorded)})


def _exclusion(row: Exclusion) -> Json:
    """By which clause and why time was excluded, beside the span that the input gives it."""
    return {"reference": row.reference, "clause": row.clause, "justification": row.justification}


def _judged(occasion: Occasion) -> Common:
    measurement = measured(occasion.case)
    case = case_json(occasion.case) | {
        "reliability": reliability_list(occasion.case),
        "expected": measured_json(measurement),
    }
    return Common(measurement, Written.of(case))


def _weight(occasion: Occasion) -> int:
    evidence = occasion.case.evidence
    facts = (evidence.outages, evidence.maintenance, evidence.no_data, evidence.requests)
    return 10 + sum(map(len, facts))
