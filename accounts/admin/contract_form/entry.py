"""A contract, or an amendment, as it is being typed: read back, checked, each fault beside the field that it names.

Everything on the page is in `posted`, by name; names are paths (`commitments[0].terms.cap.value`). What is right or wrong is
decided by the operations and the rules.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString

from accounts.admin.contract_form.forms import AgreementForm, CommitmentForm
from accounts.admin.contract_form.paths import Texts, parents, rows, under
from accounts.admin.contract_form.reading import Reading, reading
from accounts.admin.contract_form.sections import Input, Page, page, start
from accounts.admin.contract_form.terms import Entered, entered
from accounts.catalogue import Entry as ReadyTerms
from accounts.catalogue import catalogue
from accounts.operations import Agreement
from accounts.operations.agreements import read_agreement
from accounts.operations.fields import Faults
from slaservice.outages.models import Component
from slaservice.rules.documents import load
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.words import counted

COMMITMENTS = "commitments"
MISSING = "is required"
IN_PERCENT = {"must lie between 0 and 1": "must lie between 0 % and 100 %"}
"""Shares stand in the form in percent, and what the rules say of them too."""

Posted = Mapping[str, list[str]]


@dataclass(slots=True)
class Shown:
    """A field of a Django form on the page."""

    bound: forms.BoundField
    faults: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.bound.html_name

    @property
    def input(self) -> SafeString:
        """The field itself; it is called invalid only while a fault stands beside it."""
        return self.bound.as_widget(attrs={"aria-invalid": "true" if self.faults else "false"})


@dataclass(slots=True)
class Document:
    """The terms as one text, for experts."""

    name: str
    text: str
    faults: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Commitment:
    """One commitment on the page. Its terms are a `document` or a `page` of fields, never both."""

    root: str
    number: int
    form: CommitmentForm
    fields: list[Shown]
    entered: Entered
    document: Document | None
    page: Page | None
    ready: ReadyTerms | None
    blank: bool
    reading: Reading = field(default_factory=Reading)
    faults: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    wrong: list[tuple[str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.root

    @property
    def in_words(self) -> str:
        """What the commitment is called, for its heading."""
        return self.form["name"].value() or f"Commitment {self.number}"

    @property
    def missing_labels(self) -> list[str]:
        """What is still to be filled in, as the page calls it."""
        return list(dict.fromkeys(self._label(name) for name in self.missing))

    @property
    def wrong_labels(self) -> list[tuple[str, str]]:
        """What is wrong, as the page calls it, and why."""
        return [(self._label(name), reason) for name, reason in self.wrong]

    def _label(self, name: str) -> str:
        labels = {part.name: part.told for part in self.parts() if isinstance(part, Input)}
        found = next((parent for parent in parents(name) if parent in labels), None)
        rest = name.removeprefix(f"{self.root}.terms").lstrip(".")
        return labels[found] if found else rest

    def parts(self) -> Iterator[Any]:
        yield self
        yield from self.fields
        yield from self.page.parts() if self.page else [self.document]


class Entry:
    """What stands on the page. `form` says what is agreed beside the commitments."""

    def __init__(self, posted: Posted, form: type[AgreementForm], **of_form: Any) -> None:
        self.posted = posted
        data = MultiValueDict({name: list(texts) for name, texts in posted.items()})
        self.form = form(data, **of_form)
        self.fields = [Shown(bound) for bound in self.form]
        self.faults: list[str] = []
        texts = {name: values[-1] if values else "" for name, values in posted.items()}
        self.commitments = [_commitment(index, texts, data) for index in range(rows(texts, COMMITMENTS))]
        self.notes: list[str] = []

    @property
    def said(self) -> list[Commitment]:
        """The commitments up to the last that says something; room that was left empty after it is none."""
        last = max((one.number for one in self.commitments if not one.blank), default=1)
        return self.commitments[:last]

    def read_back(self) -> None:
        """Reads every commitment's terms; what the rules refuse of them stands beside its field."""
        currency = self.form["currency"].value() or ""
        names = {str(component.pk): component for component in Component.objects.all()}
        for one in self.said:
            chosen = [names[key] for key in one.form["components"].value() or () if key in names]
            in_words = {component.code: component.name for component in chosen}
            fee = (one.form["fee"].value() or "").strip()
            one.reading = reading(one.entered.terms, in_words, currency, fee)
            for path, reason in _faults_of(one):
                self._terms_fault(one, path, reason)

    def agreement(self) -> Agreement | None:
        """What was typed, fit for the operations; None where it is not, and then every fault stands beside its field."""
        valid = [self.form.is_valid(), *(one.form.is_valid() for one in self.said)]
        for shown in (*self.fields, *(shown for one in self.said for shown in one.fields)):
            _add(shown.faults, map(str, shown.bound.errors))
        wrong = any(one.missing or one.wrong for one in self.commitments)
        if not self.commitments:
            _add(self.faults, ["a version needs at least one commitment"])
        if not all(valid) or not self.commitments:
            return None
        agreement = self.form.agreement([one.form.promise(one.entered.terms) for one in self.said])
        faults = Faults("invalid_contract")
        read_agreement(agreement, faults)
        self.show(faults.errors)
        return None if wrong or faults.errors else agreement

    def refused(self, refusal: Refusal) -> None:
        """Each fault beside the field that its path names; a refusal that is no list above them all."""
        if isinstance(refusal, Invalid):
            self.show(refusal.errors)
        else:
            self.faults.append(refusal.sentence)

    def show(self, errors: Iterable[Any]) -> None:
        """Faults by the paths of the operations."""
        for error in errors:
            one = next((one for one in self.commitments if error.path.startswith(f"{one.root}.terms")), None)
            if one is None:
                self._place(error.path.replace("cap.", "cap_", 1), error.reason)
                continue
            place = one.entered.place(error.path.removeprefix(f"{one.root}.terms").lstrip("."))
            if place and place not in dict(one.entered.faults):  # told as what cannot be read
                reason = IN_PERCENT.get(error.reason, error.reason) if one.page else error.reason
                self._place(f"{one.root}.terms.{place}", reason)

    def complain_of_what_is_missing(self) -> None:
        """What is still to be filled in stands beside its field as well: for whoever wanted to sign."""
        for one in self.commitments:
            for path in one.missing:
                self._place(path, MISSING)

    def by_name(self) -> dict[str, list[str]]:
        """The faults of every field on the page that has any."""
        return {part.name: part.faults for part in self._parts() if part.faults}

    @property
    def faulty(self) -> bool:
        return bool(self.faults or self.by_name())

    def _terms_fault(self, one: Commitment, path: str, reason: str) -> None:
        name = f"{one.root}.terms.{path}" if path else f"{one.root}.terms"
        reason = IN_PERCENT.get(reason, reason) if one.page else reason
        if reason == MISSING:
            one.missing.append(name)
        else:
            one.wrong.append((name, reason))
            self._place(name, reason)

    def _place(self, path: str, reason: str) -> None:
        """The fault beside the nearest field or row that the path leads to; else above everything."""
        known = {part.name: part for part in self._parts()}
        for parent in parents(path):
            if parent in known:
                rest = path.removeprefix(parent).lstrip(".")
                _add(known[parent].faults, [f"{rest}: {reason}" if rest else reason])
                return
        _add(self.faults, [f"{path}: {reason}"])

    def _parts(self) -> Iterator[Any]:
        yield from self.fields
        for one in self.commitments:
            yield from one.parts()

    def in_one_sentence(self) -> str:
        """What a reading came to, for those who hear the page."""
        missing = sum(len(one.missing) for one in self.commitments)
        wrong = sum(len(one.wrong) for one in self.commitments)
        if missing or wrong:
            return f"{counted(missing, 'field')} to be filled in, {counted(wrong, 'fault')}."
        odd = sum(len(one.reading.remarks) for one in self.commitments)
        return f"The terms can be read; {counted(odd, 'remark')} on their credit tables."


def _add(faults: list[str], more: Iterable[str]) -> None:
    faults += [fault for fault in more if fault not in faults]


def _commitment(index: int, texts: Texts, data: MultiValueDict) -> Commitment:
    root = f"{COMMITMENTS}[{index}]"
    form = CommitmentForm(data, prefix=root)
    own = under(texts, root)
    terms = under(texts, f"{root}.terms")
    document = Document(f"{root}.terms", own["terms"]) if "terms" in own else None
    return Commitment(
        root=root,
        number=index + 1,
        form=form,
        fields=[Shown(bound) for bound in form],
        entered=_document(document.text) if document else entered(terms),
        document=document,
        page=None if document else page(terms, f"{root}.terms"),
        ready=_ready(own.get("ready", "")),
        blank=not any(own.get(name) for name in ("name", "fee", "components", "terms"))
        and entered(terms).terms in (entered(start()).terms, entered({}).terms),
    )


def _document(text: str) -> Entered:
    if not text.strip():
        return Entered({}, [("", MISSING)])
    try:
        return Entered(load(text))
    except Invalid as invalid:
        return Entered({}, [("", str(error)) for error in invalid.errors])


def _ready(title: str) -> ReadyTerms | None:
    return next((entry for entry in catalogue().values() if title in (entry.title, entry.key)), None)


def _faults_of(one: Commitment) -> Iterator[tuple[str, str]]:
    """What cannot be read, and what the rules say of the rest; a field is told of once."""
    told = set()
    for path, reason in one.entered.faults:
        told.add(path)
        yield path, reason
    if "" in told:
        return
    for error in one.reading.errors:
        path = one.entered.place(error.path.removeprefix("terms").lstrip("."))
        if path not in told and (path or error.path == "terms"):
            yield path, error.reason
