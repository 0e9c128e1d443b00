"""What programs and files write of a fact (codes, ids, times as text) into its values, or every fault of it.

One table for each kind of fact: what a field is, whether it must be there, and what stands in the columns' documentation.
An entry is what JSON has: text, whole numbers, lists; null where a value may be missing.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from slaservice.outages.models import Component, CustomerTier, Incident
from slaservice.outages.operations.faults import Faults
from slaservice.rules.evidence import EVERY_COMPONENT, parse_instant
from slaservice.rules.intervals import moment

EVERY_TIER = "*"

_MOST = 10**15


@dataclass(slots=True)
class Directory:
    """What codes and ids mean here, read once; incidents when they are asked for."""

    components: Mapping[str, Component] = field(
        default_factory=lambda: {one.code: one for one in Component.objects.all()}
    )
    tiers: Mapping[str, CustomerTier] = field(
        default_factory=lambda: {one.code: one for one in CustomerTier.objects.all()}
    )
    incidents: dict[str, Incident | None] = field(default_factory=dict)

    def incident(self, name: str) -> Incident | None:
        """The incident that "source:id" names."""
        if name not in self.incidents:
            source, _, external_id = name.partition(":")
            found = Incident.objects.defer("payload").filter(source=source, external_id=external_id)
            self.incidents[name] = found.first()
        return self.incidents[name]


Kind = Callable[[Any, Directory], Any]
"""Reads one value that is not null; ValueError with the reason, as a sentence about the field."""


@dataclass(frozen=True, slots=True)
class Field:
    """`about` is for people who fill in a file."""

    read: Kind
    about: str
    required: bool = False
    nullable: bool = False


def _text(value: Any, directory: Directory) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value


def _instant(value: Any, directory: Directory) -> datetime:
    try:
        return moment(parse_instant(value))
    except OverflowError:
        raise ValueError("is not a time of the calendar") from None


def _whole(value: Any, directory: Directory) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -_MOST <= value <= _MOST:
        raise ValueError("must be a whole number")
    return value


def _component(value: Any, directory: Directory) -> Component:
    found = directory.components.get(_text(value, directory))
    if found is None:
        raise ValueError(f"{_shown(value)} is no component; there are: {_listed(directory.components)}")
    return found


def _component_or_every(value: Any, directory: Directory) -> Component | None:
    return None if value == EVERY_COMPONENT else _component(value, directory)


def _tier(value: Any, directory: Directory) -> CustomerTier:
    found = directory.tiers.get(_text(value, directory))
    if found is None:
        raise ValueError(f"{_shown(value)} is no customer tier; there are: {_listed(directory.tiers)}")
    return found


def _tiers(value: Any, directory: Directory) -> tuple[CustomerTier, ...]:
    if not isinstance(value, list):
        raise ValueError("must be a list of customer tiers")
    return tuple(sorted({_tier(one, directory) for one in value}, key=lambda tier: tier.code))


def _incident(value: Any, directory: Directory) -> Incident:
    found = directory.incident(_text(value, directory))
    if found is None:
        raise ValueError(
            f'{_shown(value)} is no incident; write "source:id", such as "statuspage:9l93x2ht4s5w"'
        )
    return found


def _shown(value: str) -> str:
    return repr(value[:60])


def _listed(codes: Collection[str]) -> str:
    return ", ".join(sorted(codes)[:20]) + (", ..." if len(codes) > 20 else "") or "none yet"


_TIME = "ISO 8601 with an offset, such as 2026-04-10T12:00:00Z or 2026-04-10T14:00:00+02:00"

OUTAGE: Mapping[str, Field] = {
    "component": Field(_component, "The component's code.", required=True),
    "tiers": Field(_tiers, "Codes of the customer tiers that it hit.", required=True),
    "start": Field(_instant, f"When it began: {_TIME}.", required=True),
    "end": Field(_instant, "When it was over; empty: still open.", nullable=True),
    "severity": Field(
        _text, "major_outage, partial_outage, or another name that contracts weigh.", required=True
    ),
    "basis": Field(
        _text, "How we know: operator, monitor, posted_status or stated_window; operator if left out."
    ),
    "affected_count": Field(_whole, "How many were affected, if known ...", nullable=True),
    "affected_of": Field(_whole, "... of how many.", nullable=True),
    "incident": Field(_incident, 'The published incident, as "source:id".', nullable=True),
    "cause": Field(_text, "What it was."),
    "note": Field(_text, "Internal."),
    "evidence_url": Field(_text, "A link, https://..."),
}

MAINTENANCE: Mapping[str, Field] = {
    "component": Field(_component_or_every, "The component's code; * for every component.", required=True),
    "tiers": Field(_tiers, "Codes of the customer tiers that it is for.", required=True),
    "category": Field(_text, "scheduled_maintenance or emergency_maintenance.", required=True),
    "start": Field(_instant, f"From when: {_TIME}.", required=True),
    "end": Field(_instant, "Until when.", required=True),
    "title": Field(_text, "What is done.", required=True),
    "announced_at": Field(_instant, "When customers were told; empty: never.", nullable=True),
    "planned_start": Field(_instant, "From when it was announced to be, if it was ...", nullable=True),
    "planned_end": Field(_instant, "... until when.", nullable=True),
    "note": Field(_text, "Internal."),
}

REQUEST_COUNT: Mapping[str, Field] = {
    "component": Field(_component, "The component's code.", required=True),
    "tier": Field(_tier, "The customer tier's code.", required=True),
    "start": Field(_instant, f"When the interval begins: {_TIME}.", required=True),
    "seconds": Field(_whole, "How long the interval is.", required=True),
    "total": Field(_whole, "How many requests there were.", required=True),
    "failed": Field(_whole, "How many of them failed.", required=True),
}

IDENTITY: Mapping[str, Field] = {
    "source": Field(_text, "Who says so: monitor-7, pagerduty."),
    "external_id": Field(_text, "The source's own name for it, for good."),
    "reference": Field(_text, 'What people call it; "source/external_id" if left out.'),
}


def read(
    entry: object,
    fields: Mapping[str, Field],
    directory: Directory,
    faults: Faults,
    *,
    path: str = "",
    partly: bool = False,
) -> dict[str, Any]:
    """The values of an entry; what is wrong is added to `faults` under `path`. `partly`: none of them must be there."""
    if not isinstance(entry, dict):
        faults.add("entry_is_no_object", path, "must be an object with named fields")
        return {}
    prefix = f"{path}." if path else ""
    for name in entry.keys() - fields.keys():
        faults.add(
            "field_is_not_known", prefix + name, f"is not a field here; there are: {', '.join(fields)}"
        )
    values = {}
    for name, kind in fields.items():
        if name in entry:
            try:
                values[name] = _read(entry[name], kind, directory)
            except ValueError as wrong:
                faults.add("field_cannot_be_used", prefix + name, str(wrong))
        elif kind.required and not partly:
            faults.add("field_is_missing", prefix + name, "is required")
    return values


def _read(value: Any, kind: Field, directory: Directory) -> Any:
    if value is not None:
        return kind.read(value, directory)
    if kind.nullable:
        return None
    raise ValueError("must not be null")


def of_cell(kind: Field, text: str, directory: Directory) -> Any:
    """What a cell's text is as an entry's value. Tiers stand side by side with spaces between them; * is every one."""
    if kind.read is _tiers:
        return sorted(directory.tiers) if text == EVERY_TIER else text.split()
    if kind.read is _whole and re.fullmatch("-?[0-9]{1,18}", text):
        return int(text)
    return text
