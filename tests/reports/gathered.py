"""Contracts of one commitment in UTC, closed for April, and what their documents say."""

from datetime import datetime, timedelta
from typing import Any

from accounts.models import Contract
from reports import closing
from reports.models import Statement
from slaservice.outages.models import RequestCount
from slaservice.rules.assessment import assess
from slaservice.rules.documents import parse_case, result_json
from slaservice.rules.intervals import SECOND, IntervalSet, instant, moment
from tests.factories.accounts import TERMS, a_component, a_contract, a_promise, a_tier, an_agreement
from tests.factories.reports import CLOSED, MONTH, a_count, april

APRIL = 30 * 86400

MAY = instant(april(1)) + APRIL * SECOND

BY_REQUESTS = {**TERMS, "signal": {"source": "requests", "severity_weight": {}}}


def close(now: datetime = CLOSED) -> closing.CloseResult:
    return closing.close(month=MONTH, now=now)


def a_contract_with(timezone: str = "UTC", **terms: Any) -> Contract:
    """One whose months are those of UTC, with other terms."""
    promise = a_promise(terms={**TERMS, **terms})
    return a_contract(agreement=an_agreement(timezone=timezone, promises=[promise]))


def case_of(contract: Contract) -> dict[str, Any]:
    statement = Statement.objects.filter(contract=contract).latest("revision")
    case: dict[str, Any] = statement.document["cases"][0]
    assert result_json(assess(parse_case(case))) == case["expected"]
    return case


def downtime_of(contract: Contract) -> str:
    return str(case_of(contract)["expected"]["downtime_seconds"])


def count_the_rest(**values: Any) -> None:
    """Requests were counted in all the rest of April, and none failed."""
    chosen: dict[str, Any] = {"component": a_component(), "tier": a_tier("enterprise"), **values}
    rows = RequestCount.objects.filter(**chosen, replaced_at__isnull=True)
    counted = IntervalSet.of(
        (instant(row.start), instant(row.start + timedelta(seconds=row.seconds))) for row in rows
    )
    for start, end in counted.complement(instant(april(1)), MAY):
        a_count(moment(start), seconds=(end - start) // SECOND, failed=0, **chosen)
