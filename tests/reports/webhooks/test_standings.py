"""How running periods stand: at risk, then breached, each told once for a commitment and period."""

from datetime import datetime, timedelta

import pytest

from accounts.models import Contract
from reports import exposure
from reports.models import WebhookDelivery
from reports.webhooks import events
from tests.factories.accounts import TERMS, a_contract, a_promise, an_agreement
from tests.factories.reports import a_proposal, an_outage, april
from tests.factories.webhooks import an_endpoint, told

pytestmark = pytest.mark.django_db

MID_APRIL = datetime.fromisoformat("2026-04-20T12:00:00+00:00")


@pytest.fixture
def contract() -> Contract:
    """99.9 % of April: 43 minutes and 12 seconds are left."""
    return a_contract()


def down(minutes: int, *, day: int = 10) -> None:
    start = april(day, 12)
    an_outage(start, start + timedelta(minutes=minutes), now=MID_APRIL)


def reckoned(now: datetime = MID_APRIL) -> int:
    exposure.reckon(now=now)
    return events.follow(now=now)


@pytest.mark.parametrize(
    ("minutes", "kinds"),
    [
        (1, []),
        (34, []),  # 34.56 are four fifths
        (35, ["sla.at_risk"]),
        (43, ["sla.at_risk"]),
        (44, ["sla.breached"]),
        (600, ["sla.breached"]),
    ],
)
def test_a_running_period_is_at_risk_and_then_breached(
    contract: Contract, minutes: int, kinds: list[str]
) -> None:
    endpoint = an_endpoint(contract.customer, events=["sla.at_risk", "sla.breached"])
    down(minutes)
    reckoned()
    assert [kind for kind, _ in told(endpoint)] == kinds


def test_a_commitment_is_told_once_a_period_at_risk_and_once_breached(contract: Contract) -> None:
    endpoint = an_endpoint(contract.customer, events=["sla.at_risk", "sla.breached"])
    down(40)
    assert [reckoned(), reckoned(MID_APRIL + timedelta(minutes=5))] == [1, 0]
    down(40, day=11)
    assert [reckoned(MID_APRIL + timedelta(minutes=10)), reckoned(MID_APRIL + timedelta(minutes=15))] == [
        1,
        0,
    ]
    assert [kind for kind, _ in told(endpoint)] == ["sla.at_risk", "sla.breached"]
    assert told(endpoint)[1][1] == {
        "contract": contract.number,
        "commitment": "Platform",
        "period": {"label": "April 2026", "start": "2026-03-31T22:00:00Z", "end": "2026-04-30T22:00:00Z"},
        "commitment_percent": "999/10",
        "uptime_percent": "99.814814",
        "downtime_seconds": "4800",
        "allowed_downtime_seconds": "2592",
        "as_of": "2026-04-20T12:10:00Z",
        "provisional": True,
        "link": f"/api/v1/contracts/{contract.public_id}",
    }
    assert WebhookDelivery.objects.values("subject").distinct().count() == 1


def test_the_next_period_is_another(contract: Contract) -> None:
    endpoint = an_endpoint(contract.customer, events=["sla.breached"])
    down(60)
    reckoned()
    may = datetime.fromisoformat("2026-05-10T12:00:00+00:00")
    an_outage(may - timedelta(hours=3), may - timedelta(hours=1), now=may)
    reckoned(may)
    assert [data["period"]["label"] for _, data in told(endpoint)] == ["April 2026", "May 2026"]


def test_an_outage_that_is_only_proposed_breaches_nothing(contract: Contract) -> None:
    endpoint = an_endpoint(contract.customer, events=["sla.at_risk", "sla.breached"])
    a_proposal(april(10, 12), still_open=True, now=MID_APRIL)
    reckoned()
    assert told(endpoint) == []


def test_each_commitment_stands_for_itself() -> None:
    promises = [
        a_promise(),
        a_promise(name="Lenient", terms={**TERMS, "commitment_percent": "99"}),
    ]
    contract = a_contract(agreement=an_agreement(promises=promises))
    endpoint = an_endpoint(contract.customer, events=["sla.at_risk", "sla.breached"])
    down(60)
    reckoned()
    assert [(kind, data["commitment"]) for kind, data in told(endpoint)] == [("sla.breached", "Platform")]
