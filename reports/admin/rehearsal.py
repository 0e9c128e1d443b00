"""The dry run of an amendment: what the form of the contract's page posts, and what it would have changed in twelve months."""

from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from accounts.admin.contract_form.entry import Entry
from accounts.admin.contract_form.forms import AgreementForm
from accounts.admin.contracts import BUTTON, READ
from accounts.models import Contract
from accounts.queries import contracts_visible_to
from reports.rehearsal import Line, Outcome, Rehearsal, Row, rehearse_amendment
from slaservice.history.admin import RoleAdmin, person
from slaservice.rules.documents import shown_percent
from slaservice.rules.money import Money
from slaservice.rules.refusal import Refusal
from slaservice.rules.words import counted, number

NOT_SENT_BACK = ("csrfmiddlewaretoken", BUTTON)


class RehearsalPage(RoleAdmin):
    """Adds the page of the dry run to an admin class. Nothing is written; what was typed goes back to the form as it was."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.rehearsal_view)
        return [path("amendments/<int:pk>/", view, name="reports_amendment_dry_run"), *super().get_urls()]

    def rehearsal_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST: what the form of an amendment posts. GET leads there."""
        if not self.may(request, "contracts.edit"):
            raise PermissionDenied
        contract = get_object_or_404(contracts_visible_to(person(request)), pk=pk)
        form_url = reverse("admin:accounts_contract_amend", args=[pk])
        if request.method != "POST":
            return redirect(form_url)
        posted = {name: values for name, values in request.POST.lists() if name not in NOT_SENT_BACK}
        found, faults = self._rehearsed(request, contract, Entry(dict(posted), AgreementForm))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Dry run: {contract}",
            "contract": contract,
            "faults": faults,
            "found": _shown(found) if found else None,
            "typed": [(name, value) for name, values in posted.items() for value in values],
            "form_url": form_url,
            "button": BUTTON,
            "read": READ,
        }
        return TemplateResponse(request, "admin/reports/rehearsal.html", context)

    def _rehearsed(
        self, request: HttpRequest, contract: Contract, entry: Entry
    ) -> tuple[Rehearsal | None, list[str]]:
        """The rehearsal, or every fault of what was typed."""
        entry.read_back()
        agreement = entry.agreement()
        entry.complain_of_what_is_missing()
        faults = [
            *entry.faults,
            *(f"{name}: {fault}" for name, found in entry.by_name().items() for fault in found),
        ]
        if agreement is None or faults:
            return None, faults
        try:
            found = rehearse_amendment(
                contract=contract, agreement=agreement, by=person(request), now=timezone.now()
            )
        except Refusal as refusal:
            return None, [refusal.sentence]
        return found, []


def _shown(found: Rehearsal) -> dict[str, Any]:
    """Amounts stand without their currency where all of them have the same."""
    sides = [side for row in found.rows for side in (row.governed, row.proposed) if side]
    currencies = {side.owed.currency for side in sides if side.owed}
    told = _grouped if len(currencies) < 2 else _money
    return {
        "currency": currencies.pop() if len(currencies) == 1 else "",
        "summary": list(_summary(found)),
        "left_out": found.left_out,
        "obstacles": found.obstacles,
        "period_by_period": found.period_by_period,
        "rows": [_row(row, told) for row in found.rows],
        "governed": ", ".join(map(told, found.governed)),
        "proposed": ", ".join(map(told, found.proposed)),
        "difference": _difference(found.difference),
    }


def _summary(found: Rehearsal) -> Iterator[str]:
    if not found.rows:
        yield "The contract has no period that ended in the last twelve months: there is nothing to compare."
        return
    governed, proposed = (
        ", ".join(map(_money, side)) or "nothing" for side in (found.governed, found.proposed)
    )
    yield f"By what governed {governed} is owed in the last twelve months, by the proposal {proposed}."
    if found.difference is None:
        yield "The totals cannot be subtracted from each other."
    elif found.difference.minor:
        more = "more" if found.difference.minor > 0 else "less"
        amount = Money(abs(found.difference.minor), found.difference.currency)
        yield f"The proposal would have cost {_money(amount)} {more}."
    else:
        yield "The proposal would have cost the same."
    if without := found.without_data:
        verb = "is" if len(without) == 1 else "are"
        yield (
            f"{counted(len(without), 'period')} of {len(found.rows)} {verb} without data, and the close would be blocked: "
            "there 100 % says only that nothing was recorded."
        )
    if not found.period_by_period:
        yield "Its periods have another length, so only the totals can be compared."
    elif changed := found.changed_verdicts:
        verb = "changes its verdict" if len(changed) == 1 else "change their verdict"
        yield f"{counted(len(changed), 'period')} {verb}: {', '.join(changed)}."
    else:
        yield "No period changes its verdict."


def _row(row: Row, told: Callable[[Money], str]) -> dict[str, Any]:
    sides = [row.governed, row.proposed]
    names = list(dict.fromkeys(line.name for side in sides if side for line in side.lines)) or [""]
    lines = [{"name": name, "sides": [_line(side, name, told) for side in sides]} for name in names]
    return {
        "label": row.label,
        "lines": lines,
        "span": len(lines),
        "owed": [told(side.owed) if side and side.owed else "" for side in sides],
        "difference": _difference(row.difference),
        "changes": row.changes_verdict,
        "blocks": row.blocks,
    }


def _line(side: Outcome | None, name: str, told: Callable[[Money], str]) -> dict[str, str] | None:
    line = next((line for line in side.lines if line.name == name), None) if side else None
    if line is None:
        return None
    return {
        "uptime": shown_percent(line.uptime) if line.applicable else "",
        "judged": f"judged {number(line.judged)}" if line.judged != line.uptime else "",
        "target": number(line.target),
        "verdict": _verdict(line),
        "credit": told(line.credit),
    }


def _verdict(line: Line) -> str:
    if not line.applicable:
        return "not applicable"
    return "met" if line.met else "missed"


def _money(money: Money) -> str:
    return money.shown


def _grouped(money: Money) -> str:
    return money.grouped


def _difference(money: Money | None) -> str:
    if money is None:
        return ""
    return f"{'+' if money.minor > 0 else ''}{money.grouped}" if money.minor else "0"
