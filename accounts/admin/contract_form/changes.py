"""What an amendment changes, in words: its clauses beside those of the version before it."""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.admin.contract_form.entry import Commitment as Typed
from accounts.admin.contract_form.entry import Entry
from accounts.admin.contract_form.starting import SAME
from accounts.admin.shown import agreed_in_words, money
from accounts.models import Commitment, ContractVersion
from accounts.queries import terms_of
from slaservice.rules.documents import parse_terms
from slaservice.rules.money import Money
from slaservice.rules.refusal import Refusal
from slaservice.rules.wording import clauses

Words = Mapping[str, str]
"""Sentences by what they speak of."""


@dataclass(frozen=True, slots=True)
class Change:
    """One sentence that was agreed and one that takes its place; empty where there is none."""

    what: str
    before: str
    after: str

    @property
    def named(self) -> bool:
        """Whether the sentence needs to be told what it speaks of; a clause says so itself."""
        return self.what[:1].isupper()


@dataclass(frozen=True, slots=True)
class Changed:
    """What changes under one heading."""

    heading: str
    changes: list[Change]


def changes(last: ContractVersion, entry: Entry) -> list[Changed]:
    """Everything that would change, the agreement first; a commitment that cannot be read yet is told as that."""
    found = [Changed("The agreement", _differing(agreed_in_words(last), _typed_agreement(last, entry)))]
    before = {commitment.name: commitment for commitment in last.commitments.prefetch_related("components")}
    after = {one.in_words: one for one in entry.commitments}
    gone = [name for name in before if name not in after]
    new = [name for name in after if name not in before]
    renamed = dict(zip(new, gone, strict=True)) if len(gone) == len(new) else {}
    for name, one in after.items():
        was = before.get(renamed.get(name, name))
        old = _agreed_commitment(was, last.currency) if was else {}
        unread = [Change("Terms", "", "cannot be read yet")]
        changed = _differing(old, _typed_commitment(one, entry)) if one.reading.clauses else unread
        found.append(Changed(name, changed))
    for name in gone:
        if name not in renamed.values():
            found.append(Changed(name, [Change("commitment", "It is part of the contract.", "It ends.")]))
    return [one for one in found if one.changes]


def _differing(before: Words, after: Words) -> list[Change]:
    told = [*before, *(what for what in after if what not in before)]
    return [
        Change(what, before.get(what, ""), after.get(what, ""))
        for what in told
        if before.get(what, "") != after.get(what, "")
    ]


def _typed_agreement(last: ContractVersion, entry: Entry) -> Words:
    """As typed; what cannot be read is left as it was, and told under its field."""
    entry.form.is_valid()
    typed = entry.form.cleaned_data
    return agreed_in_words(
        ContractVersion(
            **{name: typed.get(name, getattr(last, name)) for name in (*SAME, "tier")}, cap=entry.form.cap()
        )
    )


def _agreed_commitment(commitment: Commitment, currency: str) -> Words:
    names = {component.code: component.name for component in commitment.components.all()}
    terms = parse_terms(terms_of(commitment))
    return _commitment(
        commitment.name,
        money(commitment.fee_minor, currency),
        clauses(terms, names),
        terms.clauses,
    )


def _typed_commitment(one: Typed, entry: Entry) -> Words:
    said = [(clause.path, clause.sentence) for clause in one.reading.clauses]
    numbers = {clause.path: clause.number for clause in one.reading.clauses if clause.number}
    currency = entry.form["currency"].value() or ""
    fee = (one.form["fee"].value() or "").strip()
    try:
        shown = money(Money.parse(fee, currency).minor, currency) if fee else ""
    except Refusal:
        shown = fee
    return _commitment(one.in_words, shown, said, numbers)


def _commitment(name: str, fee: str, said: list[tuple[str, str]], numbers: Words) -> Words:
    return {
        "Name": name,
        "Fee for a period": fee or "as billed for each period",
        **dict(said),
        "Clause numbers": "; ".join(f"{path}: {number}" for path, number in sorted(numbers.items())),
    }
