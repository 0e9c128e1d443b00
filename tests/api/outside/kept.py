"""The schema as it was kept: what programs out there were made from. `python -m tests.api.outside.kept` keeps it anew.

Within a version it only ever gets more: what vanishes or changes its type is named, and not kept without --break.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import django

Json = Any

FILE = Path(__file__).with_name("openapi.json")

_NAMED_BY_FIELD = ("in", "name")


def kept() -> Json:
    return json.loads(FILE.read_text())


def now() -> Json:
    """The schema as it is, without what differs between installations."""
    from slaservice.api.published import schema

    made = json.loads(json.dumps(schema()))
    return _without_words({"paths": made["paths"], "components": made["components"]})


def _without_words(said: Json) -> Json:
    """A field may be called title; a title is a text."""
    if isinstance(said, list):
        return [_without_words(one) for one in said]
    if not isinstance(said, Mapping):
        return said
    return {
        name: _without_words(inner)
        for name, inner in said.items()
        if name not in _WORDS or isinstance(inner, Mapping)
    }


def broken(before: Json, after: Json, where: str = "") -> Iterator[str]:
    """What a program that was made from `before` would miss. More fields, parameters and answers break nothing; other words
    neither, nor a body that must not have all that it had to have.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        if isinstance(before.get("required", []), list) and isinstance(after.get("required", []), list):
            yield from _required(before, after, where)
        for name, inner in before.items():
            if name not in after:
                yield f"{where}/{name} is gone"
            elif not (name == "required" and isinstance(inner, list)):
                yield from broken(inner, after[name], f"{where}/{name}")
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, where)
    elif before != after:
        yield f"{where} was {before!r} and is {after!r}"


_WORDS = ("description", "summary", "examples", "example", "title", "tags")


def _required(before: Json, after: Json, where: str) -> Iterator[str]:
    """An answer goes on to have what it had; a body, which takes no other fields, need not have more."""
    had, has = set(before.get("required", [])), set(after.get("required", []))
    if before.get("additionalProperties") is False:
        yield from (f"{where}: {name} must be there now" for name in sorted(has - had))
    else:
        yield from (f"{where}: {name} is no more always there" for name in sorted(had - has))


def _lists(before: list[Json], after: list[Json], where: str) -> Iterator[str]:
    """Parameters by their names, everything else as a set."""
    if all(isinstance(one, Mapping) and set(_NAMED_BY_FIELD) <= set(one) for one in before):
        there = {tuple(one[name] for name in _NAMED_BY_FIELD): one for one in after}
        for one in before:
            name = tuple(one[field] for field in _NAMED_BY_FIELD)
            if name in there:
                yield from broken(one, there[name], f"{where}/{name[1]}")
            else:
                yield f"{where}/{name[1]} is gone"
        for name in sorted(set(there) - {tuple(one[field] for field in _NAMED_BY_FIELD) for one in before}):
            if there[name].get("required"):
                yield f"{where}/{name[1]} is new and required"
        return
    for one in before:
        if one not in after:
            yield f"{where}: {one!r} is gone"


def main(options: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slaservice.settings")
    django.setup()
    made = now()
    faults = list(broken(kept(), made)) if FILE.exists() else []
    if faults and "--break" not in options:
        print("\n".join(faults), file=sys.stderr)
        return 1
    FILE.write_text(json.dumps(made, ensure_ascii=False, sort_keys=True, indent=0) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
