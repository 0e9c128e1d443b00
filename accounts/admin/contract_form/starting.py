"""What stands on the page at first: the defaults of a new contract, ready terms, or the version that is amended."""

from collections.abc import Mapping
from typing import Any

from accounts.admin.contract_form.actions import Lists, Step, with_terms
from accounts.admin.contract_form.entry import COMMITMENTS
from accounts.admin.contract_form.forms import AgreementForm
from accounts.admin.contract_form.sections import start
from accounts.admin.shown import readable
from accounts.catalogue import Entry
from accounts.models import ContractVersion
from slaservice.rules.money import Money

SAME = ("currency", "timezone", "period_months", "first_month", "overlap", "clawback")
"""What a version and its form have under one name."""


def new_contract(form: type[AgreementForm], ready: Entry | None) -> Step:
    """One commitment, from ready terms or empty, and a note where the form cannot show them."""
    fields: Mapping[str, Any] = form.base_fields
    posted: Lists = {
        name: ["on" if field.initial is True else str(field.initial)]
        for name, field in fields.items()
        if field.initial is not None
    }
    root = f"{COMMITMENTS}[0]"
    if ready is None:
        return posted | {f"{root}.terms.{name}": [text] for name, text in start().items()}, ""
    currency = ready.terms.get("money", {}).get("currency")
    said = {f"{root}.ready": [ready.title], **({"currency": [currency]} if currency else {})}
    return with_terms(posted | said, root, ready.terms)


def of_version(version: ContractVersion) -> Step:
    """What was agreed last, to be amended."""
    posted: Lists = {name: [str(getattr(version, name))] for name in SAME} | {"tier": [str(version.tier_id)]}
    for name, value in readable(version.cap or {}).items():
        posted[f"cap_{name}"] = [value]
    notes = []
    for index, commitment in enumerate(version.commitments.prefetch_related("components")):
        root, fee = f"{COMMITMENTS}[{index}]", commitment.fee_minor
        posted[f"{root}.name"] = [commitment.name]
        posted[f"{root}.components"] = [str(component.pk) for component in commitment.components.all()]
        posted[f"{root}.fee"] = ["" if fee is None else str(Money(fee, version.currency))]
        posted, note = with_terms(posted, root, commitment.terms)
        notes.append(note)
    return posted, " ".join(filter(None, notes))
