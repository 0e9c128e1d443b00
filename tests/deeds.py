"""What the processes of a race do. Each looks first, as a person does at a page, and returns what it will do then."""

import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.contrib.auth.models import User

from reports import closing, making, operations
from reports.models import Claim, ServiceCredit, Statement
from reports.operations import issuing
from reports.operations.numbers import next_number
from slaservice.history.operations import record
from slaservice.history.sealing import seal, seal_where_nothing_sweeps
from slaservice.outages.models import Component
from slaservice.rules.refusal import Refusal
from tests.factories.money import AUTUMN

Deed = Callable[[], object]

meet: Callable[[], object] = int
"""Waits until every process of the race has come as far; tests/processes.py gives it."""


def _close(month: str, contracts: Sequence[int]) -> Deed:
    return lambda: closing.close_chunk(month=month, contracts=contracts, now=AUTUMN)


def _decide(verb: str, credit: int, by: int, **values: Any) -> Deed:
    seen, person = ServiceCredit.objects.get(pk=credit), User.objects.get(pk=by)
    return lambda: getattr(operations, verb)(credit=seen, by=person, now=AUTUMN, **values)


def _claim(verb: str, claim: int, by: int, **values: Any) -> Deed:
    seen, person = Claim.objects.select_related("credit").get(pk=claim), User.objects.get(pk=by)
    return lambda: getattr(operations, verb)(claim=seen, by=person, now=AUTUMN, **values)


def _journal(by: int) -> Deed:
    person = User.objects.get(pk=by)
    return lambda: operations.make_journal(by=person, now=AUTUMN)


def _issue(statement: int, by: int) -> Deed:
    seen, person = Statement.objects.get(pk=statement), User.objects.get(pk=by)
    return lambda: operations.issue(statement=seen, by=person, now=AUTUMN)


def _issue_at_one_moment(statement: int, by: int) -> Deed:
    """The close that comes before lets one through after the other: behind it they wait until all have closed."""
    issue = _issue(statement, by)

    def sealing(**values: Any) -> None:
        meet()
        seal_where_nothing_sweeps(**values)

    def deed() -> None:
        with patch.object(issuing, "seal_where_nothing_sweeps", sealing):
            issue()

    return deed


def _issue_shakily(statements: Sequence[int], by: int, seed: int) -> Deed:
    """One after the other until all are issued; every tenth time the transaction breaks off behind its number."""
    dice = random.Random(seed)

    def breaking(*values: Any) -> str:
        number = next_number(*values)
        if dice.random() < 0.1:
            raise Refusal("broken_off", "The transaction broke off behind its number.")
        return number

    def deed() -> None:
        with patch.object(issuing, "next_number", breaking):
            for statement in statements:
                while not _issued(_issue(statement, by)):
                    pass

    return deed


def _issued(issue: Deed) -> bool:
    try:
        issue()
    except Refusal as refusal:
        if refusal.code != "broken_off":
            raise
        return False
    return True


def _write_and_seal(component: int, entries: int) -> Deed:
    seen = Component.objects.get(pk=component)

    def deed() -> None:
        for number in range(entries):
            record(by=None, action="components.change", obj=seen, reason=f"{number}", at=AUTUMN)
            seal(now=AUTUMN)

    return deed


def _fetch_document(statement: int, drawn: str) -> Deed:
    """Asks for the PDF; a line goes to the file `drawn` whenever this process has it drawn."""
    seen, draw = Statement.objects.get(pk=statement), making.render

    def noted(one: Statement) -> bytes:
        with Path(drawn).open("a") as file:
            file.write(f"{os.getpid()}\n")
        return draw(one)

    def deed() -> None:
        with patch.object(making, "render", noted):
            assert making.pdf(statement=seen, now=AUTUMN).startswith(b"%PDF-1.7")

    return deed


DEEDS: dict[str, Callable[..., Deed]] = {
    "close": _close,
    "decide": _decide,
    "claim": _claim,
    "journal": _journal,
    "issue": _issue,
    "issue at one moment": _issue_at_one_moment,
    "issue shakily": _issue_shakily,
    "write and seal": _write_and_seal,
    "fetch document": _fetch_document,
}
