"""Files shown for a window: kept under their hash, never changed, and handed only to whoever may see them."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from slaservice import store, uploads
from slaservice.outages import operations
from slaservice.outages.models import Evidence, OutageWindow
from slaservice.outages.models.evidence import MOST_BYTES
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import ADMINISTRATOR, AUDITOR, OPERATOR
from tests.factories.outages import NOW, a_person, a_window, actions_on, april, last_entry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("documents_dir")]

LOG = b"12:00:01 down\n"
SHA = hashlib.sha256(LOG).hexdigest()


def shown(window: OutageWindow, content: bytes = LOG, **values: Any) -> Evidence:
    usual: dict[str, Any] = {"name": "proxy.log", "media_type": "text/plain", "by": None, "now": NOW}
    return operations.add_evidence(window=window, content=content, **{**usual, **values})


def test_a_file_is_kept_under_its_hash_and_read_again_byte_for_byte() -> None:
    operator, window = a_person(OPERATOR), a_window()
    evidence = shown(window, by=operator, note="The proxy's log")
    assert (evidence.sha256, evidence.size, evidence.added_by) == (SHA, len(LOG), operator)
    assert operations.read_evidence(evidence=evidence, by=operator) == LOG
    entry = last_entry(window)
    assert (entry.action, entry.reason, entry.data["sha256"]) == ("evidence.add", "The proxy's log", SHA)


def test_the_same_file_again_is_no_news() -> None:
    window = a_window()
    assert shown(window) == shown(window, name="copy of proxy.log", now=NOW + timedelta(hours=1))
    assert actions_on(window).count("evidence.add") == 1
    assert shown(a_window(april(11), april(12))).sha256 == SHA


@pytest.mark.parametrize(
    ("values", "path"),
    [({"content": b""}, "file"), ({"content": b"x" * (MOST_BYTES + 1)}, "file"), ({"name": " "}, "name")],
)
def test_what_cannot_be_kept_is_refused_by_name(values: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as invalid:
        shown(a_window(), **values)
    assert [error.path for error in invalid.value.errors] == [path]
    assert not Evidence.objects.exists()


def test_only_operators_add_and_an_administrator_does_not_even_read() -> None:
    evidence = shown(a_window())
    with pytest.raises(Refusal, match=r"evidence\.add is for: operator"):
        shown(evidence.window, by=a_person(AUDITOR))
    with pytest.raises(Refusal, match=r"evidence\.view"):
        operations.read_evidence(evidence=evidence, by=a_person(ADMINISTRATOR))
    assert operations.read_evidence(evidence=evidence, by=a_person(AUDITOR)) == LOG


def test_nothing_else_is_served_in_the_place_of_a_file_that_is_damaged_or_lost() -> None:
    evidence = shown(a_window())
    path: Path = store.path_of(SHA, ".evidence")
    path.write_bytes(b"12:00:01 up\n")
    with pytest.raises(Refusal, match="damaged"):
        operations.read_evidence(evidence=evidence, by=None)
    path.unlink()
    with pytest.raises(Refusal) as refused:
        operations.read_evidence(evidence=evidence, by=None)
    assert refused.value.code == "evidence_is_lost"


@pytest.mark.parametrize("change", [{"name": "other.log"}, {"sha256": "0" * 64}, {"note": "No"}])
def test_what_was_shown_is_never_changed_or_deleted(change: dict[str, Any]) -> None:
    evidence = shown(a_window())
    for act in (
        lambda: Evidence.objects.filter(pk=evidence.pk).update(**change),
        lambda: Evidence.objects.filter(pk=evidence.pk).delete(),
    ):
        with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic():
            act()


@pytest.mark.parametrize(
    "values", [{"size": 0}, {"size": MOST_BYTES + 1}, {"sha256": "0" * 63}, {"name": ""}]
)
def test_the_database_knows_what_evidence_is(values: dict[str, Any]) -> None:
    usual: dict[str, Any] = {
        "sha256": "0" * 64,
        "size": 1,
        "name": "a",
        "added_at": NOW,
        "window": a_window(),
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        Evidence.objects.bulk_create([Evidence(**{**usual, **values})])


# On the desk.


@pytest.fixture
def operator() -> Iterator[Client]:
    client = Client()
    client.force_login(a_person(OPERATOR))
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield client


def page(window: OutageWindow, name: str) -> str:
    return reverse(f"admin:outages_outagewindow_{name}", args=[window.pk])


def a_file(content: bytes = LOG, name: str = "proxy.log") -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, content, "text/html"), "note": "<i>The log</i>"}


def test_a_file_is_added_on_the_page_of_a_window_and_stands_beside_every_revision(operator: Client) -> None:
    first = a_window()
    assert 'enctype="multipart/form-data"' in operator.get(page(first, "show")).content.decode()
    operator.post(page(first, "show"), a_file())
    second = operations.correct(window=first, end=april(10, 15), by=None, now=NOW, reason="Longer")
    listed = operator.get(page(second, "change")).content.decode()
    assert SHA in listed and f"added to {first} at" in listed
    assert "&lt;i&gt;The log&lt;/i&gt;" in listed


def test_a_file_is_a_download_of_unnamed_bytes_whatever_it_calls_itself(operator: Client) -> None:
    window = a_window()
    operator.post(page(window, "show"), a_file(b"<script>alert(1)</script>", 'evil".html'))
    evidence = Evidence.objects.get()
    answer = operator.get(reverse("admin:outages_outagewindow_evidence", args=[evidence.pk]))
    assert answer.getvalue() == b"<script>alert(1)</script>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert "no-store" in answer["Cache-Control"]


def test_without_the_permission_there_is_no_file() -> None:
    address = reverse("admin:outages_outagewindow_evidence", args=[shown(a_window()).pk])
    assert Client().get(address).status_code == 302
    client = Client()
    client.force_login(a_person(ADMINISTRATOR))
    assert client.get(address).status_code == 403


def test_a_lost_file_is_told_on_the_window_s_page(operator: Client) -> None:
    evidence = shown(a_window())
    store.path_of(SHA, ".evidence").unlink()
    answer = operator.get(reverse("admin:outages_outagewindow_evidence", args=[evidence.pk]), follow=True)
    assert "is not in the store" in answer.content.decode()


def test_a_file_that_is_too_large_is_told_at_the_field(operator: Client) -> None:
    window = a_window()
    answer = operator.post(page(window, "show"), a_file(b"x" * (MOST_BYTES + 1)))
    assert "at most 10,000,000 are kept" in answer.content.decode()
    assert not Evidence.objects.exists()


def test_a_form_beyond_the_cap_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anybody is logged in, too: the check of the token reads the form."""
    monkeypatch.setattr(uploads, "MOST_BYTES", 100)
    client = Client(enforce_csrf_checks=True)
    client.get(reverse("login"))
    with monkeypatch.context() as patch:
        patch.setattr(
            uploads.CappedUploadHandler, "receive_data_chunk", lambda *_: pytest.fail("it was read")
        )
        assert client.post(reverse("login"), a_file(b"x" * 200)).status_code == 400
    assert client.post(reverse("login"), {"username": "me"}).status_code == 403
