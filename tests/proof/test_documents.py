"""Documents at length: a hundred statements of every kind come out the same by processes that share nothing but the code, and one
that many ask for at once is drawn once.
"""

import copy
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reports.models import StatementFile
from reports.pdf.render import render
from tests.factories.reports import an_issued
from tests.processes import at_once
from tests.reports.pdf import conforming, kinds, reading
from tests.reports.pdf.samples import Json, printed
from tests.servers import ROOT

HOW_MANY = 100

ELSEWHERE = """
import django, json, time_machine
django.setup()
with time_machine.travel("{day}"):
    from tests.proof.test_documents import digests
    print(json.dumps(digests()))
"""


def statements() -> list[Json]:
    """Of every kind in turn, each of another customer with another fee."""
    found = []
    for number in range(HOW_MANY):
        document = copy.deepcopy(kinds.KINDS[sorted(kinds.KINDS)[number % len(kinds.KINDS)]]())
        document["identity"]["customer"]["name"] = f"Customer {number} – Ünïcode 東京 {number:o}"
        document["identity"]["contract"]["number"] = f"C-{number:05}"
        found.append(document)
    return found


def digests() -> list[str]:
    """Of the PDF of each."""
    return [hashlib.sha256(render(one, **printed(one))).hexdigest() for one in statements()]


def elsewhere(folder: Path, day: str, seed: str, zone: str) -> "subprocess.Popen[str]":
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed, "TZ": zone, "LOCAL": "true",
        "DJANGO_SETTINGS_MODULE": "slaservice.settings", "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": seed,
    }  # fmt: skip
    script = [sys.executable, "-c", ELSEWHERE.format(day=day)]
    return subprocess.Popen(script, env=environment, cwd=folder, stdout=subprocess.PIPE, text=True)


def test_a_hundred_statements_are_the_same_bytes_in_any_process_on_any_day(tmp_path: Path) -> None:
    there = elsewhere(tmp_path, "2031-02-03T04:05:06Z", "1", "Asia/Tokyo")
    elsewhere_too = elsewhere(ROOT, "2027-12-31T23:59:59Z", "4242", "America/New_York")
    here = digests()
    assert len(set(here)) == HOW_MANY
    assert json.loads(there.communicate()[0]) == here
    assert json.loads(elsewhere_too.communicate()[0]) == here


def test_a_hundred_statements_are_what_they_claim_to_be() -> None:
    for document in statements():
        assert conforming.faults(reading.opened(render(document, **printed(document)))) == []


@pytest.mark.django_db(transaction=True)
def test_a_document_that_many_processes_ask_for_at_once_is_drawn_once(documents_dir: Path) -> None:
    issued, drawn = an_issued(), documents_dir.parent / "drawn"
    ends = at_once([("fetch document", {"statement": issued.pk, "drawn": str(drawn)})] * 8)
    assert ends == {"done": 8}
    assert len(drawn.read_text().splitlines()) == 1
    kept = StatementFile.objects.get()
    path = next(documents_dir.rglob("*.pdf"))
    assert hashlib.sha256(path.read_bytes()).hexdigest() == kept.sha256
    path.unlink()
    assert at_once([("fetch document", {"statement": issued.pk, "drawn": str(drawn)})] * 8) == {"done": 8}
    assert len(drawn.read_text().splitlines()) == 2
