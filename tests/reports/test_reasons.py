"""Why somebody decided is shown as it is kept: what would turn the writing around is refused, of one credit and of many."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reports import closing, operations
from reports.models import ClosingBlock, CreditDecision, ServiceCredit
from slaservice.rules.refusal import Invalid
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import a_contract, a_person, history_of
from tests.factories.money import a_claim, a_granted
from tests.factories.reports import CLOSED, MONTH, a_missed_draft, a_proposal

pytestmark = pytest.mark.django_db

TURNED = "paid \u202e00.521 RUE"
ISOLATED = "paid \u2067EUR\u2069"


def a_block() -> ClosingBlock:
    a_proposal()
    closing.close_chunk(month=MONTH, contracts=[a_contract().pk], now=CLOSED)
    return ClosingBlock.objects.get()


DEEDS: dict[str, Callable[[], Callable[[str], object]]] = {
    "approve": lambda: _deed("approve", FINANCE_APPROVER, credit=a_missed_draft().credit),
    "reject": lambda: _deed("reject", FINANCE_APPROVER, credit=a_missed_draft().credit),
    "adjust": lambda: _deed("adjust", FINANCE_CLERK, credit=a_missed_draft().credit, amount="1.00"),
    "expire": lambda: _deed("expire", FINANCE_CLERK, credit=a_granted()),
    "waive": lambda: _deed("waive", FINANCE_CLERK, block=a_block()),
    "accept_claim": lambda: _deed("accept_claim", FINANCE_CLERK, claim=a_claim()),
    "accept_claim in part": lambda: _deed("accept_claim", FINANCE_CLERK, claim=a_claim(), amount="1.00"),
    "reject_claim": lambda: _deed("reject_claim", FINANCE_CLERK, claim=a_claim()),
}


def _deed(name: str, role: str, **values: Any) -> Callable[[str], object]:
    return lambda reason: getattr(operations, name)(by=a_person(role), now=CLOSED, reason=reason, **values)


@pytest.mark.parametrize("name", DEEDS)
@pytest.mark.parametrize("reason", [TURNED, ISOLATED, "x\x07", "x" * 3901])
def test_a_reason_that_is_not_shown_as_it_is_kept_is_refused(name: str, reason: str) -> None:
    deed = DEEDS[name]()
    before = CreditDecision.objects.count()
    with pytest.raises(Invalid) as refused:
        deed(reason)
    assert {error.path for error in refused.value.errors} == {"reason"}
    assert CreditDecision.objects.count() == before
    deed("agreed\r\nwith the customer ")


def test_what_is_kept_of_a_reason_is_trimmed_and_in_lines() -> None:
    block = operations.waive(block=a_block(), reason=" one\r\ntwo ", by=a_person(FINANCE_CLERK), now=CLOSED)
    assert block.waiver == history_of(block)[-1]["reason"] == "one\ntwo"


def as_a(role: str) -> Client:
    client = Client()
    client.force_login(a_person(role))
    return client


def test_the_page_of_one_credit_says_what_is_wrong_with_the_reason() -> None:
    credit = a_missed_draft().credit
    address = f"/admin/reports/servicecredit/{credit.pk}/reject/"
    approver = as_a(FINANCE_APPROVER)
    seen = approver.get(address).context["form"].initial["seen"]
    page = approver.post(address, {"reason": TURNED, "seen": seen})
    assert "turns the writing around" in page.content.decode()
    assert ServiceCredit.objects.get().state == "proposed"


def test_waiving_for_many_says_what_is_wrong_with_the_reason() -> None:
    block = a_block()
    asked = {"month": MONTH, "code": block.code, "subject": block.subject, "reason": TURNED}
    page = as_a(FINANCE_CLERK).post(f"{reverse('admin:reports_guards')}?month={MONTH}", asked, follow=True)
    assert "turns the writing around" in page.content.decode()
    assert ClosingBlock.objects.get().waived_at is None
