"""The page of the month at a glance; every figure leads to the list that it counts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from reports import exposure, operations, tasks
from reports.admin.guards import TITLES
from reports.glance import AtRisk, Blocked, Costs, Glance, Running, glance, last_month
from reports.models import MonthAtAGlance
from reports.pdf import figures
from slaservice.history.admin import RoleAdmin, person
from slaservice.rules.periods import add_months
from slaservice.rules.refusal import Refusal
from slaservice.rules.words import counted

STALE = timedelta(minutes=15)
"""The sweep reckons every five minutes; older than this, somebody should look why."""

STATUSES = {
    "settling": "still settling",
    "due": "due for review",
    "issued": "issued",
    "superseded": "superseded",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, what it counts, and the list of what it counts."""

    count: int
    words: str
    address: str = ""
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why contracts are blocked, and where it is waived or put right."""

    contracts: int
    sentence: str
    links: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Credits:
    """The credits in one state and currency."""

    state: str
    currency: str
    count: int
    amount: str
    address: str


@dataclass(frozen=True, slots=True)
class Named:
    """A contract with its amount."""

    number: str
    customer: str
    address: str
    amount: str


@dataclass(frozen=True, slots=True)
class Outage:
    """An open outage and the cost of one more hour."""

    reference: str
    address: str
    component: str
    proposed: bool
    lasts: str
    contracts: str
    amounts: Sequence[str]
    top: Sequence[Named]


@admin.register(MonthAtAGlance)
class GlanceAdmin(RoleAdmin):
    """One page. What it shows is read; its one button has the running periods reckoned anew, where no workers do."""

    view_action = "statements.view"

    class Media:
        css = {"all": ["reports/desk.css", "reports/glance.css"]}

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """A statement has its page among the statements."""
        return redirect("admin:reports_statement_change", object_id)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._reckon(request)
        now = timezone.now()
        month = request.GET.get("month") or last_month(now.astimezone(UTC).date())
        try:
            found = glance(month, user=person(request), now=now)
        except Refusal as refusal:
            self.message_user(request, refusal.sentence, messages.ERROR)
            return redirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Month at a glance",
            "media": self.media,
            "found": found,
            "earlier": _months_on(month, -1),
            "later": _months_on(month, 1),
            "contracts": list(_contracts(found)),
            "statements": list(_statements(found)),
            "credits": list(_credits(found)),
            "reasons": [_reason(one, month) for one in found.blocks],
            "more_reasons": _list("closingblock", month=month, standing="blocks"),
            "named": [(_contract(one.pk), one) for one in found.named],
            "running": _running(found.running) if found.running else None,
            "stale": found.running is not None and now - found.running.at > STALE,
            "may_close": self.may(request, "periods.close"),
            "may_reckon": self.may(request, "periods.close") and not tasks.has_broker(),
        }
        return TemplateResponse(request, "admin/reports/glance/glance.html", context)

    def _reckon(self, request: HttpRequest) -> HttpResponse:
        if not self.may(request, "periods.close"):
            raise PermissionDenied
        if tasks.has_broker():
            self.message_user(request, "The workers reckon it every five minutes.", messages.WARNING)
            return redirect(request.get_full_path())
        found = exposure.reckon(now=timezone.now())
        self.message_user(request, f"Reckoned for {counted(found.contracts, 'contract')}.", messages.SUCCESS)
        return redirect(request.get_full_path())


def _months_on(month: str, months: int) -> str:
    return f"{add_months(date(int(month[:4]), int(month[5:]), 1), months):%Y-%m}"


def _list(model: str, **filters: str) -> str:
    return f"{reverse(f'admin:reports_{model}_changelist')}?{urlencode(filters)}"


def _contract(pk: int) -> str:
    return reverse("admin:accounts_contract_change", args=[pk])


def _contracts(found: Glance) -> Iterator[Figure]:
    blocked = _list("closingblock", month=found.month, standing="blocks")
    yield Figure(found.closed, "closed", _list("statement", month=found.month))
    yield Figure(found.blocked, "blocked", blocked, urgent=True)
    yield Figure(found.not_closed, "not closed yet", "#not-closed", urgent=True)
    yield Figure(found.not_ended, "not ended yet")


def _statements(found: Glance) -> Iterator[Figure]:
    for status, words in STATUSES.items():
        address = _list("statement", month=found.month, status=status)
        yield Figure(found.statuses[status], words, address, urgent=status == "due")
    yield Figure(
        found.missed, "with a miss", _list("statement", month=found.month, met="no", revision="latest")
    )


def _credits(found: Glance) -> Iterator[Credits]:
    for one in found.credits:
        currency = one.amount.currency
        address = _list("servicecredit", state=one.state, month=found.month, currency=currency)
        yield Credits(one.state, currency, one.count, one.amount.grouped, address)


def _reason(blocked: Blocked, month: str) -> Reason:
    which = {"month": month, "standing": "blocks", "code": blocked.code, "subject": blocked.subject}
    links = [(_list("closingblock", **which), "Waive" if blocked.code in operations.WAIVABLE else "Show")]
    if blocked.code in TITLES:
        links.append((f"{reverse('admin:reports_guards')}?{urlencode({'month': month})}", "Put right"))
    elif blocked.code == "no_fee":
        links.append((reverse("admin:accounts_billedamount_add"), "Record the amount"))
    else:
        links.append((_contract(blocked.contract), "Contract"))
    return Reason(blocked.contracts, blocked.sentence, links)


def _running(running: Running) -> Mapping[str, Any]:
    return {
        "at": running.at,
        "worked_out": running.worked_out,
        "owed": [(counted(count, "contract"), amount.shown) for count, amount in running.owed],
        "top": [_named(one) for one in running.top],
        "obstacles": running.obstacles,
        "an_obstacle": running.an_obstacle,
        "outages": [_outage(one, running) for one in running.outages],
        "at_risk": [amount.shown for amount in running.at_risk],
    }


def _outage(one: AtRisk, running: Running) -> Outage:
    outage = one.outage
    seconds = (running.at - outage.start) // timedelta(seconds=1)
    return Outage(
        reference=outage.reference,
        address=reverse("admin:outages_outagewindow_change", args=[outage.pk]),
        component=outage.component.name,
        proposed=outage.state == "proposed",
        lasts=figures.words(Fraction(seconds)),
        contracts=counted(one.contracts, "contract"),
        amounts=[amount.shown for amount in one.amounts],
        top=[_named(costs) for costs in one.top],
    )


def _named(one: Costs) -> Named:
    contract = one.contract
    return Named(contract.number, contract.customer.name, _contract(contract.pk), one.amount.shown)
