"""Imports are whole or nothing: hostile files, an import that dies, two at once, the command; dry runs write nothing."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO, StringIO
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.importing import KINDS, customers, tables
from accounts.models import AccountsImport, BilledAmount, Contract, Customer
from accounts.operations import create_customer
from slaservice.history.models import Entry
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import AUDITOR, FINANCE_CLERK
from tests.factories.accounts import a_component, a_person, a_tier, history_of
from tests.factories.files import Formula, Row, a_csv, an_xlsx, as_xlsx
from tests.factories.imports import (
    a_billed_row,
    a_contract_row,
    a_customer_row,
    another_commitment_row,
    imported,
    koyo,
)
from tests.servers import with_database

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def codes(db: None, documents_dir: Any) -> None:
    a_component("api")
    a_component("web")
    a_tier()


def everything() -> list[int]:
    models = (Customer, Contract, BilledAmount, AccountsImport, Entry)
    return [model._default_manager.count() for model in models]


def faults(content: bytes, kind: str = "customers") -> list[str]:
    before = everything()
    with pytest.raises(Invalid) as refused:
        imported(kind, content=content)
    assert everything() == before
    return [str(error) for error in refused.value.errors]


# hostile


def a_bomb() -> bytes:
    """A workbook of 500 KB that unpacks to 500 MB."""
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 60_000_000)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "file: is empty"),
        (b"name\nA\0B\n", "line 2: holds a NUL, at byte 7 of the file"),
        (b"name\nA\x07B\n", "line 2, name: holds a control character"),
        ("name\nKöln\n".encode("latin-1"), "line 2: byte 7 of the file (0xF6) is not UTF-8"),
        ("name\nKöln\n".encode("utf-16"), "is it UTF-16?"),
        (b'name\n"open\n', "line 2: cannot be read"),
        (b"name,nmae\nA,B\n", "line 1, column 2: 'nmae' is no column"),
        (b"legal_name\nA\n", "line 1: the column 'name' is missing"),
        (b"name,language\nA\n", "line 2: has 1 fields, and the header 2"),
        (a_bomb(), "file: unpacks to 60,000,000 bytes"),
        (b"\xd0\xcf\x11\xe0 old", "file: is an old .xls"),
        (b"PK\x03\x04 broken", "file: is no XLSX"),
        (an_xlsx([["name"], [Formula("=1+1")]]), "line 2, A: is a formula; paste its value instead"),
        (an_xlsx([["name"], [True]]), "line 2, A: is TRUE or FALSE"),
    ],
)
def test_a_file_that_could_be_read_in_two_ways_is_refused_whole(content: bytes, says: str) -> None:
    (told,) = faults(content)
    assert says in told


@pytest.mark.parametrize(
    ("kind", "row", "place"),
    [
        ("customers", a_customer_row(), "line 3, name"),
        ("contracts", a_contract_row(), "line 3, commitment"),
        ("billed", {**a_billed_row(), "commitment": "API"}, "line 3, period_start"),
    ],
)
def test_a_row_that_stands_twice_is_refused(kind: str, row: Row, place: str) -> None:
    koyo()
    if kind == "billed":
        imported("contracts", a_contract_row(fee=""))
    assert all(told.startswith(place) for told in faults(a_csv(row, row), kind))


def test_a_file_of_too_many_rows_is_refused_before_any_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"name\n" + b"\n".join(b"C%d" % number for number in range(tables.MAX_ROWS + 1))
    assert faults(content) == [f"line {tables.MAX_ROWS + 2}: the file has more than 100,000 rows"]
    monkeypatch.setattr(tables, "MAX_ROWS", 2)
    assert imported("customers", content=b"name\nA\nB\n").counts["new"] == 2


def test_nobody_is_told_more_than_a_thousand_faults() -> None:
    told = faults(a_csv(*[a_customer_row(f"C{n}", language="far too long") for n in range(1100)]))
    assert told[-1] == "file: has at least 1000 faults; the rest was not read"


def test_only_the_first_rows_are_shown_and_all_are_counted() -> None:
    result = imported("customers", *[a_customer_row(f"C{n}") for n in range(tables.MAX_SHOWN + 5)])
    assert (len(result.shown), result.counts["new"]) == (tables.MAX_SHOWN, tables.MAX_SHOWN + 5)


# whole or nothing


def test_one_wrong_row_at_the_end_and_nothing_is_there() -> None:
    koyo()
    rows = [a_contract_row(f"C-{number}") for number in range(20)]
    assert faults(a_csv(*rows, a_contract_row("C-20", fee="1.001")), "contracts") == [
        "line 22, fee: '1.001' is no amount of EUR: write it like 1250.00 or 1250."
    ]


def test_a_dry_run_writes_nothing_and_says_what_the_import_then_does() -> None:
    files: Mapping[str, list[Row]] = {
        "customers": [a_customer_row(), a_customer_row("Second", language="de")],
        "contracts": [a_contract_row(), another_commitment_row()],
        "billed": [a_billed_row()],
    }
    for kind, rows in files.items():
        before = everything()
        dry = imported(kind, *rows, dry_run=True)
        assert everything() == before
        assert imported(kind, *rows) == dry
        assert imported(kind, *rows, dry_run=True).counts == {"rows": len(rows), "unchanged": len(rows)}


def test_an_import_that_breaks_in_the_middle_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def break_at_the_sixth(**values: Any) -> Customer:
        done.append(1)
        if len(done) > 5:
            raise RuntimeError("the disk is full")
        return create_customer(**values)

    monkeypatch.setattr("accounts.importing.customers.create_customer", break_at_the_sixth)
    before = everything()
    with pytest.raises(RuntimeError):
        imported("customers", *[a_customer_row(f"C{n}") for n in range(10)])
    assert everything() == before


DYING = """
import os, sys
import django
django.setup()
from django.utils import timezone
from accounts.importing import contracts, import_at_once
sign, done = contracts.sign_contract, []
def die(**values):
    done.append(1)
    return os._exit(9) if len(done) > 5 else sign(**values)
contracts.sign_contract = die
with open(sys.argv[1], "rb") as file:
    import_at_once(kind="contracts", content=file.read(), name="x", by=None, now=timezone.now(), progress=print)
"""


@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_killed_half_way_has_written_nothing_and_is_run_again(tmp_path: Path) -> None:
    koyo()
    rows = [a_contract_row(f"C-{number}") for number in range(10)]
    file = tmp_path / "contracts.csv"
    file.write_bytes(a_csv(*rows))
    name = str(connection.settings_dict["NAME"])
    database = (
        f"sqlite:///{name}" if connection.vendor == "sqlite" else with_database(settings.DATABASE_URL, name)
    )
    connection.close()
    environment = {"DATABASE_URL": database, "LOCAL": "true", "DJANGO_SETTINGS_MODULE": "slaservice.settings"}
    died = subprocess.run(
        [sys.executable, "-c", DYING, str(file)],
        cwd=Path(__file__).parents[3],
        env={**os.environ, **environment},
        check=False,
        timeout=120,
        capture_output=True,
    )
    assert died.returncode == 9, died.stderr
    assert not Contract.objects.exists()
    assert not AccountsImport.objects.exists()
    assert imported("contracts", *rows).counts["new"] == 10


@pytest.mark.django_db(transaction=True)
def test_two_who_import_one_file_at_once_make_each_customer_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both would look at what is known before either has written, if nothing kept one of them back."""
    rows, together, ends = [a_customer_row(f"C{n}") for n in range(3)], Barrier(2), []
    load = customers.Known.load

    def load_together(by: User | None) -> customers.Known:
        known = load(by)
        with suppress(BrokenBarrierError):
            together.wait(timeout=3)
        return known

    def run() -> None:
        try:
            ends.append(next(iter(imported("customers", *rows).outcomes)))
        except Refusal as refusal:
            ends.append(refusal.code)
        finally:
            connection.close()

    monkeypatch.setattr(customers.Known, "load", load_together)
    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(ends) in (["import_is_running", "new"], ["new", "unchanged"])
    assert Customer.objects.count() == 3


# the command


def told(*arguments: Any) -> str:
    output = StringIO()
    call_command("import_accounts", *map(str, arguments), stdout=output)
    return " ".join(output.getvalue().split())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "customers.csv"
    file.write_bytes(a_csv(a_customer_row()))
    return file


def test_the_command_says_what_it_did_and_what_it_would_do_and_keeps_the_file(file: Path) -> None:
    said = told(file, "--kind", "customers", "--dry-run")
    assert "Dry run: nothing was changed." in said
    assert "line 2: new: Koyo" in said
    assert everything()[:4] == [0, 0, 0, 0]
    clerk = a_person(FINANCE_CLERK)
    assert "rows 1 new 1" in told(file, "--kind", "customers", "--by", clerk.username)
    row = AccountsImport.objects.get()
    assert (row.name, row.kind, row.sent_by, row.imported_by) == ("customers.csv", "customers", clerk, clerk)
    assert row.did == {"rows": 1, "outcomes": {"new": 1}, "shown": [[2, "new", "Koyo", ""]]}
    assert history_of(row)[0]["data"]["outcomes"] == {"new": 1}
    assert history_of(Customer.objects.get())[0]["reason"] == "Imported from customers.csv"
    assert "rows 1 unchanged 1" in told(file, "--kind", "customers")


def test_the_command_tells_every_mistake_and_imports_nothing(file: Path) -> None:
    file.write_bytes(a_csv(a_customer_row("x" * 121), a_customer_row("A", account_manager="nobody")))
    with pytest.raises(CommandError) as ended:
        told(file, "--kind", "customers")
    assert "nothing was imported" in str(ended.value)
    assert "line 2, name: is longer" in str(ended.value)
    assert "line 3, account_manager: is not the user name" in str(ended.value)


def test_what_the_command_cannot_use_is_told_in_a_sentence(file: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        told(file.with_name("other.csv"), "--kind", "customers")
    with pytest.raises(CommandError, match="There is no user 'nobody'"):
        told(file, "--kind", "customers", "--by", "nobody")
    with pytest.raises(CommandError, match="is for: account manager, finance clerk"):
        told(file, "--kind", "customers", "--by", a_person(AUDITOR).username)


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_explains_the_columns(kind: str) -> None:
    said = told("--kind", kind)
    for name, column in KINDS[kind].columns.items():
        assert f"{name}{' required' if column.required else ''} {column.about}" in said


def test_a_workbook_is_as_good_as_a_text(tmp_path: Path) -> None:
    file = tmp_path / "customers.xlsx"
    file.write_bytes(as_xlsx(a_customer_row(), a_customer_row("Second")))
    assert "new 2" in told(file, "--kind", "customers")
