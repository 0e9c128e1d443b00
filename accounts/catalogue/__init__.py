"""Ready terms of real agreements, to start a contract from and adapt.

One JSON file each, named by its key:

    title       what the terms are of
    source      where their mechanics were read
    as_of       the date of that copy, as far as it had one
    caveat      what these terms are not
    notes       how the paper was read into terms, and what it says beside the arithmetic
    terms       a terms document without `components.names`; without `money` where the paper names no currency
    example     title, arithmetic (on paper), components, input, expected: a worked case of these terms

An entry is data, not law: it is copied into a contract, where it is the contract's.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from slaservice.rules.documents import load

EXAMPLE_CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class Entry:
    """One agreement of the catalogue. `terms` are as they are entered in a contract."""

    key: str
    title: str
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


@cache
def catalogue() -> Mapping[str, Entry]:
    """Every entry by its key, in order of key."""
    found = sorted(files(__name__).iterdir(), key=lambda file: file.name)
    return {key: _entry(key, load(file.read_bytes())) for file in found if (key := _key(file.name))}


def _key(name: str) -> str:
    return name.removesuffix(".json") if name.endswith(".json") else ""


def _entry(key: str, data: Mapping[str, Any]) -> Entry:
    return Entry(key=key, **{**data, "notes": tuple(data["notes"])})
