"""A file in the admin: sent and looked at, then imported as the same bytes; nothing is written before."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from slaservice import store
from slaservice.outages.importers.files import KINDS, MAX_SENT, import_sent, keeping
from slaservice.outages.models import FileImport, OutageWindow
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import OPERATOR, ROLES
from tests.factories.files import a_csv, an_outage_row, as_xlsx
from tests.factories.outages import a_component, a_person, a_tier, actions_on

pytestmark = pytest.mark.django_db

LIST, ADD = reverse("admin:outages_fileimport_changelist"), reverse("admin:outages_fileimport_add")
COLUMNS = reverse("admin:outages_fileimport_columns")


@pytest.fixture(autouse=True)
def codes(documents_dir: Any) -> None:
    a_component()
    a_tier()


def at_the_desk(person: User | None = None) -> Client:
    client = Client()
    client.force_login(person or a_person(OPERATOR))
    return client


def send(client: Client, content: bytes, **values: Any) -> Any:
    file = SimpleUploadedFile(values.pop("name", "outages.csv"), content)
    return client.post(ADD, {"kind": "outages", "source": "sheet", "file": file, **values})


def sent(content: bytes = b"", client: Client | None = None, **values: Any) -> FileImport:
    assert send(client or at_the_desk(), content or a_csv(an_outage_row()), **values).status_code == 302
    return FileImport.objects.latest("pk")


def do_import(row: FileImport, client: Client | None = None) -> Any:
    return (client or at_the_desk()).post(
        reverse("admin:outages_fileimport_import", args=[row.pk]), {"reason": ""}
    )


def page(client: Client, address: str) -> str:
    return client.get(address).content.decode()


@pytest.mark.parametrize("content", [a_csv(an_outage_row()), as_xlsx(an_outage_row())])
def test_a_file_is_looked_at_first_and_then_imported(content: bytes) -> None:
    operator = a_person(OPERATOR)
    client = at_the_desk(operator)
    row = sent(content, client)
    assert not OutageWindow.objects.exists()
    shown = page(client, reverse("admin:outages_fileimport_change", args=[row.pk]))
    assert "line 2: new: component api" in shown
    assert row.sha256 in shown
    do_import(row, client)
    window = OutageWindow.objects.get()
    assert (window.state, window.source, window.proposed_by) == ("proposed", "sheet", operator)
    row.refresh_from_db()
    assert row.did == row.would
    assert row.imported_by == operator
    assert actions_on(row) == ["outages.import.send", "outages.import"]
    assert "not allow this now" in do_import(row, client).wsgi_request._messages._queued_messages[0].message


def test_confirmed_at_once_where_it_is_asked_for() -> None:
    do_import(sent(confirm="on"))
    assert OutageWindow.objects.get().state == "confirmed"


def test_a_file_with_faults_is_not_kept_and_every_fault_is_told() -> None:
    response = send(
        at_the_desk(), a_csv(an_outage_row(end="soon", note="<script>"), an_outage_row("o2", tiers="none"))
    )
    told = response.content.decode()
    assert "line 2, end: must be a time" in told
    assert "line 3, tiers" in told
    assert "<script>alert" not in told
    assert not FileImport.objects.exists()


@pytest.mark.parametrize("values", [{"kind": "people"}, {"source": "My Sheet"}, {"source": ""}, {"file": ""}])
def test_a_form_that_makes_no_sense_keeps_nothing(values: dict[str, Any]) -> None:
    assert send(at_the_desk(), a_csv(an_outage_row()), **values).status_code == 200
    assert not FileImport.objects.exists()


def test_a_file_that_is_too_large_for_a_form_is_for_the_command_line() -> None:
    response = send(at_the_desk(), b"x" * (MAX_SENT + 1))
    assert "import it on the command line" in response.content.decode()
    assert not FileImport.objects.exists()


def test_names_of_files_are_shown_and_never_used() -> None:
    client = at_the_desk()
    row = sent(client=client, name="<img src=x>.csv")
    assert "<img src=x>" not in page(client, LIST)
    assert row.name == "<img src=x>.csv"


def test_other_bytes_are_not_imported(documents_dir: Any) -> None:
    row = sent()
    path = store.path_of(row.sha256, keeping._SUFFIX)
    path.write_bytes(a_csv(an_outage_row(severity="partial_outage")))
    do_import(row)
    assert not OutageWindow.objects.exists()
    path.unlink()
    assert "send the file again" in do_import(row).content.decode()
    assert not OutageWindow.objects.exists()


def test_what_was_sent_twice_is_imported_once() -> None:
    first, second = sent(), sent()
    do_import(first)
    do_import(second)
    second.refresh_from_db()
    assert (second.did or {})["counts"] == {"rows": 1, "unchanged": 1}
    with pytest.raises(Refusal) as refused:
        import_sent(file=first, by=a_person(OPERATOR), now=timezone.now())
    assert refused.value.code == "already_imported"


def test_an_import_before_the_file_was_sent_is_refused_whole() -> None:
    row = sent()
    with pytest.raises(IntegrityError), transaction.atomic():
        import_sent(file=row, by=a_person(OPERATOR), now=row.sent_at - timedelta(seconds=1))
    row.refresh_from_db()
    assert row.imported_at is None
    assert not OutageWindow.objects.exists()


def test_the_database_keeps_what_was_sent() -> None:
    row = sent()
    changes: list[dict[str, Any]] = [{"sha256": "0" * 64}, {"would": {}}, {"source": "other"}]
    for change in changes:
        with pytest.raises(IntegrityError, match="stays what it is"), transaction.atomic():
            FileImport.objects.filter(pk=row.pk).update(**change)
    do_import(row)
    with pytest.raises(IntegrityError, match="stays"), transaction.atomic():
        FileImport.objects.filter(pk=row.pk).update(did={})
    with pytest.raises(IntegrityError, match="stays"), transaction.atomic():
        FileImport.objects.filter(pk=row.pk)._raw_delete("default")


@pytest.mark.parametrize("role", [role for role in ROLES if role != OPERATOR])
def test_who_may_not_import_sees_none_of_it(role: str) -> None:
    row = sent()
    client = at_the_desk(a_person(role))
    for address in (LIST, ADD, COLUMNS, reverse("admin:outages_fileimport_template", args=["outages"])):
        assert client.get(address).status_code == 403
    send(client, a_csv(an_outage_row("o2")))
    do_import(row, client)
    assert FileImport.objects.count() == 1
    assert not OutageWindow.objects.exists()


def test_columns_are_documented_and_a_template_is_there() -> None:
    client = at_the_desk()
    assert "Columns" in page(client, LIST)
    shown = page(client, COLUMNS)
    for kind in KINDS.values():
        for name, column in kind.columns.items():
            assert f'<th scope="row">{name}</th>' in shown
            assert column.about.split(";")[0].split('"')[0][:30].replace("'", "&#x27;") in shown
        response = client.get(reverse("admin:outages_fileimport_template", args=[kind.name]))
        assert response["Content-Disposition"] == f'attachment; filename="{kind.name}.csv"'
        assert response.content.decode() == ",".join(kind.columns) + "\r\n"
    assert client.get(COLUMNS + "people.csv").status_code == 404


@pytest.mark.parametrize("count", [2, 9])
def test_a_list_takes_the_same_queries_whatever_its_length(
    count: int, django_assert_num_queries: Any
) -> None:
    client = at_the_desk()
    for number in range(count):
        sent(a_csv(an_outage_row(str(number))))
    client.get(LIST)
    with django_assert_num_queries(8):
        client.get(LIST)
