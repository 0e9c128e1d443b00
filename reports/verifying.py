"""What issued statements say about history, and history about them.

A statement names the seal that was the latest when it was issued, and its entry of history names its digest. So whoever changed
either, past the guards of the database, would have to change what customers hold as well.
"""

import json
from collections.abc import Iterator

from reports.models import Statement
from slaservice.history.models import Entry
from slaservice.history.verifying import Fault, Witness
from slaservice.rules.documents import digest_of

_AT_ONCE = 200


def witnesses() -> Iterator[Witness]:
    """The seal that each issued statement names, oldest statement first."""
    for statement in _issued():
        if anchor := json.loads(statement.body)["identity"].get("anchor"):
            yield Witness(f"Statement {statement.number}", anchor["seq"], anchor["hash"])


def altered() -> Iterator[Fault]:
    """Issued statements that are not, byte for byte, what history says was issued."""
    some: list[Statement] = []
    for statement in _issued():
        some.append(statement)
        if len(some) == _AT_ONCE:
            yield from _altered(some)
            some = []
    yield from _altered(some)


def _issued() -> Iterator[Statement]:
    return (
        Statement.objects.filter(state=Statement.ISSUED)
        .only("number", "body", "digest")
        .order_by("pk")
        .iterator(_AT_ONCE)
    )


def _altered(statements: list[Statement]) -> Iterator[Fault]:
    told = {
        entry.object_id: entry.data.get("digest")
        for entry in Entry.objects.filter(
            action="statements.issue",
            object_type=Statement._meta.label_lower,
            object_id__in=[str(statement.pk) for statement in statements],
        )
    }
    for statement in statements:
        engine = json.loads(statement.body)["identity"]["engine"]
        if digest_of(statement.body.encode(), engine=engine) != statement.digest:
            yield Fault(None, f"Statement {statement.number} does not have the digest that stands beside it.")
        elif told.get(str(statement.pk)) != statement.digest:
            yield Fault(None, f"Statement {statement.number} is not the one that history says was issued.")
