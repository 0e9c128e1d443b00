"""Ready terms of real agreements, to start a contract from and adapt, and what could not be made into any.

One JSON file each, named by its key:

    title       what the terms are of
    record      the numbers of the published agreements, 1 to 68, that it was read from
    source      where their mechanics were read
    as_of       the date of that copy, as far as it had one
    caveat      what these terms are not
    notes       how the paper was read into terms, and what it says beside the arithmetic
    terms       a terms document without `components.names`; without `money` where the paper names no currency
    example     title, arithmetic (on paper), components, input, expected: a worked case of these terms

An entry is data, not law: it is copied into a contract, where it is the contract's.

`not_expressed.json` names, record by record, what has no entry, or no full one, and why: the model of terms lacks it, or no
figures are public. So all 68 records are spoken for.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from slaservice.rules.documents import load

EXAMPLE_CURRENCY = "USD"
RECORDS = range(1, 69)
"""The numbers of the published agreements that were read."""

_NOT_EXPRESSED = "not_expressed.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One agreement of the catalogue. `terms` are as they are entered in a contract."""

    key: str
    title: str
    record: tuple[int, ...]
    source: str
    as_of: str
    caveat: str
    notes: tuple[str, ...]
    terms: Mapping[str, Any]
    example: Mapping[str, Any]

    def case(self) -> dict[str, Any]:
        """The worked example as a case document: what `python -m slaservice.rules check` reads."""
        terms = json.loads(json.dumps(self.terms))
        terms["components"] = {**terms.get("components", {}), "names": self.example["components"]}
        terms.setdefault("money", {"currency": EXAMPLE_CURRENCY})
        return {
            "id": self.key,
            "title": f"{self.title}: {self.example['title']}",
            "arithmetic": self.example["arithmetic"],
            "terms": terms,
            "input": self.example["input"],
            "expected": self.example["expected"],
        }


@dataclass(frozen=True, slots=True)
class NotExpressed:
    """An agreement, or a part of one, for which there are no ready terms, and the reason."""

    record: int
    title: str
    reason: str


@cache
def catalogue() -> Mapping[str, Entry]:
    """Every entry by its key, in order of key."""
    found = sorted(files(__name__).iterdir(), key=lambda file: file.name)
    return {key: _entry(key, load(file.read_bytes())) for file in found if (key := _key(file.name))}


@cache
def not_expressed() -> tuple[NotExpressed, ...]:
    """What is in the published agreements and in no entry, in order of record."""
    return tuple(NotExpressed(**row) for row in load((files(__name__) / _NOT_EXPRESSED).read_bytes()))


def _key(name: str) -> str:
    """The key of an entry's file; nothing for any other file."""
    return name.removesuffix(".json") if name.endswith(".json") and name != _NOT_EXPRESSED else ""


def _entry(key: str, data: Mapping[str, Any]) -> Entry:
    return Entry(key=key, **{**data, "notes": tuple(data["notes"]), "record": tuple(data["record"])})
