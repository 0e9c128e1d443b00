"""What is recorded otherwise in one revision of a statement than in the one before: the facts behind the figures, by name.

A pure function of two documents. A fact that was corrected has another reference ("INC-7/api/1@2"), and is one that changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slaservice.rules.documents import Json

ADDED, REMOVED, CHANGED = "added", "removed", "changed"

_LISTS = {"outages": "outage", "maintenance": "exclusion", "no_data": "gap", "requests": "requests"}
_FIELDS = {
    "fee": "fee",
    "period": "period",
    "service_start": "term",
    "service_end": "term",
    "as_of": "as_of",
    "affected_user_share": "affected_user_share",
    "history": "earlier_periods",
    "uptime_history": "earlier_periods",
    "previously_credited": "earlier_credits",
    "carried_forward": "earlier_credits",
}

Document = Mapping[str, Any]


def changes(before: Document, after: Document) -> list[Json]:
    """[{case, fact, how, names}]: what differs of each case; `case` is None for what joins them, names are of facts."""
    old, new = ({case["id"]: case for case in document["cases"]} for document in (before, after))
    found = [_change(name, "commitment", ADDED) for name in new if name not in old]
    found += [_change(name, "commitment", REMOVED) for name in old if name not in new]
    for name in new:
        if name in old:
            found += _of_case(name, old[name], new[name])
    if before["agreement"] != after["agreement"]:
        found.append(_change(None, "agreement", CHANGED))
    return found


def _change(case: str | None, fact: str, how: str, names: Sequence[str] = ()) -> Json:
    return {"case": case, "fact": fact, "how": how, "names": list(names)}


def _of_case(name: str, before: Document, after: Document) -> Iterator[Json]:
    if before["terms"] != after["terms"]:
        yield _change(name, "terms", CHANGED)
    facts = [_FIELDS[field] for field in _FIELDS if before["input"].get(field) != after["input"].get(field)]
    for fact in dict.fromkeys(facts):
        yield _change(name, fact, CHANGED)
    for field, fact in _LISTS.items():
        old, new = _named(before["input"].get(field) or ()), _named(after["input"].get(field) or ())
        for how, names in (
            (ADDED, [one for one in new if one not in old]),
            (REMOVED, [one for one in old if one not in new]),
            (CHANGED, [one for one in new if one in old and old[one] != new[one]]),
        ):
            if names:
                yield _change(name, fact, how, names)


def _named(facts: Sequence[Json]) -> dict[str, Json]:
    """By what each is about, whatever its revision: its name without '@2', else its component and start."""
    return {_about(one): one for one in facts}


def _about(fact: Json) -> str:
    reference = fact.get("id")
    if not reference:
        return f"{fact['component']} {fact['start']}"
    thing, at, revision = str(reference).rpartition("@")
    return thing if at and revision.isdigit() else str(reference)
