"""The buttons of the contract form, without a script: rows, ladders, documents, ready terms, and nothing is signed by any."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.admin.contract_form import terms as form
from accounts.models import Contract
from accounts.operations.agreements import MOST_COMMITMENTS
from tests.factories.accounts import (
    NOW,
    TERMS,
    a_commitment,
    a_contract,
    a_customer,
    a_person,
    a_promise,
    an_agreement,
)
from tests.factories.typed import Typed, commitments, in_fields, platform, posted, typed

pytestmark = pytest.mark.django_db

ADD = reverse("admin:accounts_contract_add")
READING = reverse("admin:accounts_contract_reading")
ROOT = "commitments[0]"


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def clerk() -> Client:
    client = Client()
    client.force_login(a_person("finance clerk"))
    return client


def a_page(**terms: str) -> Typed:
    """A contract typed field by field; `terms` are texts by path of the terms, dots for double underscores."""
    changes = {f"{ROOT}.terms.{path.replace('__', '.')}": text for path, text in terms.items()}
    return typed(customer=a_customer().pk) | commitments(platform(terms=TERMS)) | changes


def names(page: Any) -> set[str]:
    """The names of the fields on the page."""
    return {name.replace("&quot;", '"') for name in re.findall(r' name="([^"]+)"', page.content.decode())}


@pytest.mark.parametrize(
    "path", ["signal.severity_weight", "credit.rules", "credit.rules[0].ladder", "terminate", "clauses"]
)
def test_a_row_is_added_and_removed_by_buttons(clerk: Client, path: str) -> None:
    before = clerk.post(ADD, a_page() | {"_do": "read"})
    count = len({name for name in posted(before) if name.startswith(f"{ROOT}.terms.{path}[")})
    more = clerk.post(ADD, a_page() | {"_do": f"add:{ROOT}.terms.{path}"})
    added = sorted(names(more) - names(before))
    assert added
    assert all(name.startswith(f"{ROOT}.terms.{path}[") for name in added)
    row = re.match(re.escape(f"{ROOT}.terms.{path}") + r"\[\d+]", added[0])
    assert row is not None
    less = clerk.post(ADD, posted(more) | {"_do": f"remove:{row[0]}"})
    assert names(less) == names(before)
    assert count == len({name for name in posted(less) if name.startswith(f"{ROOT}.terms.{path}[")})


def test_every_field_on_the_page_is_one_that_is_read(clerk: Client) -> None:
    """What the page shows of honest terms, sent back as it stands, signs them."""
    page = clerk.post(ADD, a_page() | {"_do": "read"})
    shown = {name for name in names(page) if name.startswith(f"{ROOT}.terms.")}
    assert {name for name in in_fields(TERMS) if not name.endswith(".unit")} <= shown


def test_a_row_in_the_middle_goes_and_the_later_ones_move_up(clerk: Client) -> None:
    page = clerk.post(ADD, a_page() | {"_do": f"remove:{ROOT}.terms.credit.rules[0].ladder[1]"})
    left = {
        name.rpartition("].")[0]: text for name, [text] in posted(page).items() if name.endswith("].bound")
    }
    assert left == {
        f"{ROOT}.terms.credit.rules[0].ladder[{row}": text for row, text in enumerate(("99.9", "95"))
    }


def test_a_commitment_is_removed_with_all_that_is_its_own(clerk: Client) -> None:
    sent = typed() | commitments(platform(terms=TERMS), platform(name="Site", terms=TERMS))
    page = clerk.post(ADD, sent | {"_do": "remove:commitments[0]"})
    [left] = page.context["entry"].commitments
    assert left.form["name"].value() == "Site"
    assert left.entered.faults == []


def test_a_ladder_is_written_out_as_its_ranges(clerk: Client) -> None:
    page = clerk.post(ADD, a_page() | {"_do": f"spread:{ROOT}.terms.credit.rules[0]"})
    sent = posted(page)
    assert sent[f"{ROOT}.terms.credit.rules[0].kind"] == ["ranges"]
    assert sent[f"{ROOT}.terms.credit.rules[0].ranges[0].to"] == ["99.9"]
    response = clerk.post(ADD, sent)
    assert response.status_code == 302, response.context["entry"].by_name()
    assert a_commitment(Contract.objects.get()).terms["credit"] == form.canonical(TERMS)["credit"]


@pytest.mark.parametrize("text", ["", "a lot"])
def test_a_ladder_with_a_fault_is_not_written_out(clerk: Client, text: str) -> None:
    sent = a_page(**{"credit__rules[0].ladder[1].bound": text})
    page = clerk.post(ADD, sent | {"_do": f"spread:{ROOT}.terms.credit.rules[0]"})
    assert page.context["entry"].notes == ["The ladder cannot be written out while it has a fault."]
    assert posted(page)[f"{ROOT}.terms.credit.rules[0].ladder[2].bound"] == ["95"]


def test_terms_turn_into_a_document_and_back(clerk: Client) -> None:
    page = clerk.post(ADD, a_page(clauses__="") | {"_do": f"document:{ROOT}"})
    sent = posted(page)
    assert json.loads(sent[f"{ROOT}.terms"][0])["commitment_percent"] == "99.9"
    again = posted(clerk.post(ADD, sent | {"_do": f"form:{ROOT}"}))
    assert f"{ROOT}.terms" not in again
    assert again[f"{ROOT}.terms.credit.rules[0].ladder[2].bound"] == ["95"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"signal": {"severity_weight": {" down": "1"}}}, "signal.severity_weight"),
        ({"money": {"currency": "USD"}}, "money.currency"),
        ({"components": {"names": ["api"]}}, "components.names"),
        ({"commitment_percent": "101"}, "must lie between 0 and 100"),
    ],
)
def test_a_document_that_the_form_cannot_show_stays_one_and_says_why(
    clerk: Client, change: dict[str, Any], said: str
) -> None:
    text = json.dumps({**TERMS, **change})
    sent = typed() | commitments(platform(terms=text))
    page = clerk.post(ADD, sent | {"_do": f"form:{ROOT}"})
    assert posted(page)[f"{ROOT}.terms"] == [text]
    [note] = page.context["entry"].notes
    assert said in note


def test_a_form_with_a_fault_does_not_turn_into_a_document_that_lacks_it(clerk: Client) -> None:
    page = clerk.post(ADD, a_page(exclude__notice_seconds="soon") | {"_do": f"document:{ROOT}"})
    assert page.context["entry"].notes
    assert posted(page)[f"{ROOT}.terms.exclude.notice_seconds"] == ["soon"]


def test_ready_terms_take_the_place_of_the_terms_alone(clerk: Client) -> None:
    sent = a_page() | {f"{ROOT}.ready": "GitHub, current terms", "_do": f"ready:{ROOT}"}
    page = clerk.post(ADD, sent)
    filled = posted(page)
    assert filled[f"{ROOT}.terms.signal.requests.above"] == ["5"]
    assert filled[f"{ROOT}.name"] == ["Platform"]
    assert f"{ROOT}.terms.credit.rules[0].ladder[3].bound" not in filled
    assert "not legal advice" in page.content.decode()
    unknown = clerk.post(ADD, sent | {f"{ROOT}.ready": "Nobody"})
    assert unknown.context["entry"].notes == ["Choose ready terms from the list first."]


def test_a_button_that_is_none_changes_nothing(clerk: Client) -> None:
    for action in ("", "sign:now", "remove:", "remove:x[y]", "add:", "form:commitments[7]", "spread:x"):
        assert clerk.post(ADD, a_page() | {"_do": action}).status_code == 200
    assert not Contract.objects.exists()


def test_terms_that_the_form_cannot_show_are_amended_as_a_document(clerk: Client) -> None:
    odd = {**TERMS, "signal": {"severity_weight": {" down": "1"}}}
    contract = a_contract(agreement=an_agreement(promises=[a_promise(terms=odd)]))
    page = clerk.get(reverse("admin:accounts_contract_amend", args=[contract.pk]))
    assert "signal.severity_weight" in page.context["entry"].notes[0]
    sent = posted(page) | {"starts_on": "2026-07-01"}
    assert clerk.post(reverse("admin:accounts_contract_amend", args=[contract.pk]), sent).status_code == 302
    old, new = contract.versions.all()
    assert new.commitments.get().terms == old.commitments.get().terms


def test_as_many_commitments_as_a_version_may_have_fit_into_one_page(clerk: Client, settings: Any) -> None:
    page = clerk.get(ADD)
    fields = [name for name in names(page) if name.startswith(ROOT)]
    assert len(fields) * MOST_COMMITMENTS < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS * 0.6  # and rows are added
    many = commitments(*(platform(name=str(number), terms=TERMS) for number in range(MOST_COMMITMENTS)))
    full = clerk.post(ADD, a_page() | many | {"_do": "add:commitments"})
    assert full.context["entry"].notes == [f"A version has {MOST_COMMITMENTS} commitments at most."]
    assert clerk.post(ADD, a_page() | many).status_code == 302
    assert Contract.objects.get().versions.get().commitments.count() == MOST_COMMITMENTS


def test_a_commitment_too_many_is_told_and_none_is_left_out(clerk: Client) -> None:
    many = commitments(*(platform(name=str(number)) for number in range(MOST_COMMITMENTS + 1)))
    page = clerk.post(ADD, a_page() | many)
    entry = page.context["entry"]
    assert len(entry.commitments) == MOST_COMMITMENTS + 1
    assert entry.faults == [
        f"commitments: are {MOST_COMMITMENTS + 1}; a version has {MOST_COMMITMENTS} at most"
    ]
    assert not Contract.objects.exists()


def test_ready_terms_in_another_currency_say_so(clerk: Client) -> None:
    sent = a_page() | {f"{ROOT}.ready": "lever", "_do": f"ready:{ROOT}"}
    assert clerk.post(ADD, sent).context["entry"].notes == [
        "These terms are written in USD, the contract in EUR: look at every amount in them."
    ]
    assert not clerk.post(ADD, sent | {"currency": "USD"}).context["entry"].notes
    assert not clerk.post(ADD, sent | {f"{ROOT}.ready": "github"}).context["entry"].notes
