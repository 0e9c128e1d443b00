"""Every entry of the catalogue can be entered in a contract, says where it is from, and its worked example comes out."""

import json
from pathlib import Path

import pytest

from accounts.catalogue import Entry, catalogue
from slaservice.rules.__main__ import main
from slaservice.rules.documents import parse_case
from slaservice.rules.wording import clauses
from tests.factories.accounts import a_commitment, a_contract, a_promise, an_agreement

ENTRIES = list(catalogue().values())
HOLES = {"github-before-2021"}
every_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)


def test_the_examples_come_out_to_the_letter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "catalogue.json"
    file.write_text(json.dumps({"cases": [entry.case() for entry in ENTRIES]}), encoding="utf-8")
    code = main(["check", str(file)])
    assert code == 0, capsys.readouterr().out


@every_entry
def test_an_entry_says_where_it_is_from_and_what_it_is_not(entry: Entry) -> None:
    assert all([entry.title, entry.source, entry.as_of, entry.notes, entry.example["arithmetic"]])
    assert "not legal advice" in entry.caveat
    assert {"downtime_seconds", "uptime_percent", "commitment_met", "credit_amount"} <= set(
        entry.example["expected"]
    )


@every_entry
def test_an_entry_has_words(entry: Entry) -> None:
    assert clauses(parse_case(entry.case()).terms)


@every_entry
@pytest.mark.django_db
def test_an_entry_can_be_entered_as_it_is(entry: Entry) -> None:
    promise = a_promise(terms=entry.terms, components=entry.example["components"])
    currency = entry.terms.get("money", {}).get("currency", "EUR")
    assert a_commitment(a_contract(agreement=an_agreement(currency=currency, promises=[promise]))).terms


def test_an_entry_cannot_be_changed_by_whoever_reads_it() -> None:
    entry = ENTRIES[0]
    entry.case()["terms"]["components"]["names"] = ["changed"]
    assert entry.case()["terms"]["components"]["names"] != ["changed"]
