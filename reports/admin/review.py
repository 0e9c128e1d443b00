"""The verbs on the page where finance decides: each with its form right there, or with who may do it instead."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

from reports.models import Claim, Dispute, ServiceCredit, Statement
from reports.review.waiting import People, nothing_to_issue, who_may
from slaservice.history.admin import RoleAdmin, Verb, person
from slaservice.rules.words import listed
from slaservice.rules.workflow import WAITS_FOR_FINANCE

DECIDES = frozenset({"approve", "reject"})
"""The verbs that whoever changed the amount leaves to somebody else."""

_NOT_BY_YOU = {
    ServiceCredit: "not by you, who changed the amount: another person decides on it.",
    Claim: "not by you: whoever filed a claim does not decide on it.",
    Dispute: "not by you: whoever filed a dispute does not decide on it.",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One verb on one row, with its form."""

    name: str
    label: str
    url: str
    explains: str
    form: forms.Form


@dataclass(frozen=True, slots=True)
class Offers:
    """What the person may do here and now; and (verbs, why not) of the rest: who may, or what must happen first."""

    open: list[Offer]
    closed: list[tuple[str, str]]


def offers(
    request: HttpRequest, site: AdminSite, rows: Iterable[Model], people: People, now: datetime
) -> Offers:
    """What may be done to these rows now, by the verbs of their own pages."""
    found = Offers([], [])
    closed: dict[str, list[str]] = {}
    for admin, verb, row in _verbs(site, rows):
        obstacle = _obstacle(verb, row, person(request), now)
        if obstacle or not admin.may(request, verb.action):
            closed.setdefault(obstacle or _for(verb, row, people), []).append(verb.label)
        else:
            found.open.append(_offer(verb, row))
    found.closed.extend((listed(labels), why) for why, labels in closed.items())
    return found


def _verbs(site: AdminSite, rows: Iterable[Model]) -> Iterator[tuple[RoleAdmin, Verb, Any]]:
    for row in rows:
        admin = site._registry.get(type(row))
        if isinstance(admin, RoleAdmin):
            yield from ((admin, verb, row) for verb in admin.verbs if verb.applies(row))


def _offer(verb: Verb, row: Model) -> Offer:
    """With the verb's own form, whose fields are told from the others on the page by their ids."""
    return Offer(
        name=verb.name,
        label=f"{verb.label}: {row._meta.verbose_name} of {row.claimant}"
        if isinstance(row, Claim | Dispute)
        else verb.label,
        url=reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{verb.name}", args=[row.pk]),
        explains=verb.explains,
        form=verb.form(initial=dict(verb.initial(row)), auto_id=f"{verb.name}-{row.pk}-%s"),
    )


def _for(verb: Verb, row: Any, people: People) -> str:
    another = left_out(verb, row)
    return f"for {who_may(verb.action, people, but=() if another is None else {another})}."


def left_out(verb: Verb, row: Any) -> int | None:
    """Whose doing it would be to decide on, so that another person must."""
    if isinstance(row, Claim | Dispute):
        return row.filed_by_id
    return row.adjusted_by_id if verb.name in DECIDES and isinstance(row, ServiceCredit) else None


def _obstacle(verb: Verb, row: Any, by: User, now: datetime) -> str:
    """What keeps the verb from being done, whoever does it; '' where nothing does. The operation looks again."""
    if left_out(verb, row) == by.pk:
        return _NOT_BY_YOU[type(row)]
    if isinstance(row, Statement) and verb.name == "issue":
        if not row.says_something_new:
            return f"there is nothing to issue: {nothing_to_issue(row)}."
        credit = getattr(row, "credit", None)
        if credit is not None and credit.state in WAITS_FOR_FINANCE:
            return "when the credit is decided."
        if row.due_at > now:
            return f"when it is due for review, on {row.due_at:%Y-%m-%d %H:%M} UTC."
    return ""
