"""Lists as files: nothing that a spreadsheet runs, numbers as numbers, and never more than the list shows to whom it shows it."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from operator import itemgetter
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.safestring import SafeString
from openpyxl import load_workbook

from slaservice.history.admin import exports
from slaservice.history.admin.exports import Column, Exports, cell, csv_lines, harmless, workbook
from slaservice.rules.workflow import ACCOUNT_MANAGER, ADMINISTRATOR, AUDITOR, FINANCE_CLERK, OPERATOR
from tests.factories.accounts import a_contract, a_customer, a_person
from tests.factories.reports import a_draft, a_missed_draft, an_outage

HOSTILE = [
    "=cmd|'/C calc'!A0",
    "=1+1",
    "=HYPERLINK(\"http://evil.example\",\"click\")",
    "=WEBSERVICE(\"http://evil.example\")",
    "+1+1",
    "+cmd|'/C calc'!A0",
    "-1+1",
    "-2+3+cmd|'/C calc'!A0",
    "@SUM(1+1)",
    "@A1",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\r\n=1+1",
    " =1+1",
    "   +1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(1)",
    "\u22121",
    "|calc",
    "%0A=1+1",
    "\"=1+1",
    "'=1+1",
    "\"\"=1+1",
    ";=1+1",
    ",=1+1",
    "a;=1+1",
    "a; =1+1",
    "a;\"=1+1",
    "a\t=1+1",
    "a\n=1+1",
    "a\r+1",
    "a;@SUM(1)",
    "a\t-1+1|x",
    "\t",
    "\r",
    "\x00=1+1",
    "\x1f=1+1",
    "=DDE(\"cmd\",\"/C calc\",\"x\")",
]  # fmt: skip
STARTS = "=+-@\uff1d\uff0b\uff0d\uff20\u2212|%"
PEACEFUL = [
    "",
    "Acme",
    "C-0001",
    "a-b",
    "1 = 1",
    "Müller & Söhne",
    "ends with =",
    "12:30",
    "a;b",
    "a, -b",
    "2026-04-10",
]


def columns_for(values: tuple[Any, ...]) -> list[Column]:
    return [Column(f"c{place}", itemgetter(place)) for place in range(len(values))]


def written(*values: Any) -> str:
    """One row of these values as a CSV file."""
    return "".join(csv_lines(columns_for(values), [values]))


def reopened(*values: Any) -> list[Any]:
    """One row of these values, written as XLSX and read back: the cells."""
    out = io.BytesIO()
    workbook(columns_for(values), [values], out)
    return list(load_workbook(io.BytesIO(out.getvalue())).active[2])


# what a spreadsheet makes of a text


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_of_a_csv_begins_as_a_formula_by_whichever_delimiter_it_is_cut(
    text: str, delimiter: str
) -> None:
    file = written("first", text, "last").removeprefix("\ufeff")
    for row in csv.reader(io.StringIO(file, newline=""), delimiter=delimiter):
        for found in row:
            assert found.lstrip(' \t\r\n"\x00\x1f\u00a0\u200b\ufeff')[:1] not in set(STARTS), (text, found)


@pytest.mark.parametrize("text", HOSTILE)
def test_an_xlsx_has_every_text_as_text_and_unchanged(text: str) -> None:
    (found,) = reopened(text)
    assert found.data_type in ("s", "inlineStr")
    without_controls = text.translate({code: "\ufffd" for code in range(32) if chr(code) not in "\t\n\r"})
    assert found.value.replace("\r\n", "\n").replace("\r", "\n") == without_controls.replace(
        "\r\n", "\n"
    ).replace("\r", "\n")


@pytest.mark.parametrize("text", PEACEFUL)
def test_a_peaceful_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_numbers_are_numbers_and_negative_ones_too() -> None:
    file = written(-5, Decimal("-1250.50"), Decimal("0.001"), "-5", None, True, date(2026, 4, 1))
    assert file.splitlines()[1] == '-5,-1250.50,0.001,"\'-5","","yes","2026-04-01"'
    cells = reopened(-5, Decimal("-1250.50"), "-5", True, date(2026, 4, 1), None)
    assert [(one.data_type, one.value) for one in cells[:4]] == [
        ("n", -5),
        ("n", -1250.5),
        ("s", "-5"),
        ("b", True),
    ]
    assert cells[4].is_date
    assert cells[5].value is None


def test_a_number_with_more_digits_than_a_spreadsheet_has_is_text_and_keeps_them() -> None:
    exact, too_long = reopened(Decimal("9999999999999.99"), Decimal("12345678901234.567"))
    assert (exact.data_type, exact.value) == ("n", 9999999999999.99)
    assert (too_long.data_type, too_long.value) == ("s", "12345678901234.567")


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (datetime(2026, 4, 1, 12, 30, tzinfo=UTC), "2026-04-01T12:30:00+00:00"),
        (Fraction("99.95"), Decimal("99.95")),
        (Fraction(1, 3), "1/3"),
        (SafeString('<a href="/x">A &amp; B</a><br>C'), "A & B\nC"),
        ("<b>not marked safe</b>", "<b>not marked safe</b>"),
        ({"b": 1, "a": "ü"}, '{"a": "ü", "b": 1}'),
        (None, None),
        (False, False),
    ],
)
def test_a_value_is_written_plainly(value: object, plain: object) -> None:
    assert cell(value) == plain


# what is exported

STATEMENTS = "/admin/reports/statement/"
CREDITS = "/admin/reports/servicecredit/"


def as_a(*roles: str, **values: Any) -> Client:
    client = Client()
    client.force_login(a_person(*roles, **values))
    return client


def rows_of(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200, response.status_code
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def sheet_of(response: Any) -> list[list[Any]]:
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    return [list(row) for row in book.active.iter_rows(values_only=True)]


@pytest.mark.django_db
def test_statements_are_exported_with_money_instants_and_truth_as_values() -> None:
    draft = a_missed_draft()
    (row,) = rows_of(as_a(FINANCE_CLERK).get(f"{STATEMENTS}export/csv/"))
    assert row["Statement"] == "draft"
    assert row["Contract"] == draft.contract.number
    assert (row["Credit owed"], row["Credit owed currency"], row["Commitments"]) == ("125.00", "EUR", "no")
    assert row["Issued or due"] == draft.due_at.isoformat()
    titles, (*values,) = sheet_of(as_a(FINANCE_CLERK).get(f"{STATEMENTS}export/xlsx/"))
    found = dict(zip(titles, values, strict=True))
    assert (found["Credit owed"], found["Commitments"]) == (125, False)


@pytest.mark.django_db
def test_what_is_filtered_and_searched_is_exported_in_the_lists_order_over_all_its_pages() -> None:
    an_outage()
    customer = a_customer("Zebra")
    own = [a_draft(a_contract(customer)) for _ in range(3)]
    for _ in range(100):
        a_draft(a_contract())
    client = as_a(FINANCE_CLERK)
    assert len(rows_of(client.get(f"{STATEMENTS}export/csv/"))) == 103
    found = rows_of(client.get(f"{STATEMENTS}export/csv/", {"q": "Zebra", "o": "-3"}))
    assert [row["Contract"] for row in found] == sorted((one.contract.number for one in own), reverse=True)
    assert rows_of(client.get(f"{STATEMENTS}export/csv/", {"met": "yes"})) == []
    page = client.get(STATEMENTS, {"q": "Zebra", "p": "1"}).content.decode()
    assert "export/csv/?q=Zebra" in page
    assert "p=1" not in page.partition("export/csv/")[2].partition('"')[0]


@pytest.mark.django_db
def test_the_selected_are_exported_and_nothing_else() -> None:
    an_outage()
    credits = [a_draft(a_contract()).credit for _ in range(3)]
    chosen = {
        "action": "export_csv",
        "_selected_action": [one.pk for one in credits[:2]],
        "shown_at": "2026-11-21 12:00:00",
    }
    found = rows_of(as_a(AUDITOR).post(CREDITS, chosen))
    assert {row["Contract"] for row in found} == {one.statement.contract.number for one in credits[:2]}
    assert {(row["Amount"], row["Amount currency"], row["Age"]) for row in found} == {
        ("125.00", "EUR", found[0]["Age"])
    }
    chosen["action"] = "export_xlsx"
    assert len(sheet_of(as_a(AUDITOR).post(CREDITS, chosen))) == 3


@pytest.mark.django_db
def test_nobody_exports_what_they_do_not_see() -> None:
    manager = a_person(ACCOUNT_MANAGER)
    own = a_draft(a_contract(a_customer("In Care", account_manager=manager)))
    a_draft(a_contract(a_customer("Somebody Else")))
    client = Client()
    client.force_login(manager)
    assert [row["Contract"] for row in rows_of(client.get(f"{STATEMENTS}export/csv/"))] == [
        own.contract.number
    ]
    for role in (OPERATOR, ADMINISTRATOR):
        assert as_a(role).get(f"{STATEMENTS}export/csv/").status_code == 403
    assert Client().get(f"{STATEMENTS}export/csv/").status_code == 302


@pytest.mark.django_db
def test_a_hostile_name_goes_through_the_whole_way() -> None:
    a_draft(a_contract(a_customer("=cmd|'/C calc'!A0")))
    client = as_a(FINANCE_CLERK)
    (row,) = rows_of(client.get(f"{STATEMENTS}export/csv/"))
    assert row["Customer"] == "'=cmd|'/C calc'!A0"
    titles, values = sheet_of(client.get(f"{STATEMENTS}export/xlsx/"))
    assert dict(zip(titles, values, strict=True))["Customer"] == "=cmd|'/C calc'!A0"


@pytest.mark.django_db
def test_too_many_rows_are_refused_by_name_and_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        a_draft(a_contract())
    monkeypatch.setitem(exports.MOST_ROWS, "xlsx", 2)
    client = as_a(FINANCE_CLERK)
    page = client.get(f"{STATEMENTS}export/xlsx/?month=2026-04", follow=True)
    assert page.redirect_chain == [(f"{STATEMENTS}?month=2026-04", 302)]
    assert (
        "These are 3 rows; XLSX files hold 2 here: filter the list, or take it as CSV."
        in page.content.decode()
    )
    assert len(rows_of(client.get(f"{STATEMENTS}export/csv/"))) == 3


@pytest.mark.django_db
def test_an_export_takes_the_same_queries_for_10_rows_and_for_100() -> None:
    an_outage()
    client = as_a(FINANCE_CLERK)
    counts = []
    for more in (10, 90):
        for _ in range(more):
            a_draft(a_contract())
        with CaptureQueriesContext(connection) as queries:
            rows_of(client.get(f"{CREDITS}export/csv/"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_every_list_of_the_admin_is_exported_to_whoever_sees_it() -> None:
    """A new page that lists rows has its files, or its columns cannot be written; pages of their own have none."""
    root = a_person(OPERATOR, FINANCE_CLERK, ADMINISTRATOR, AUDITOR, is_superuser=True)
    client = Client()
    client.force_login(root)
    a_missed_draft()
    exported = []
    for model, page in admin.site._registry.items():
        if not isinstance(page, Exports) or tuple(page.list_display) == ("__str__",):
            continue
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/export/csv/"
        exported.append(model._meta.model_name)
        rows_of(client.get(address))
    assert {
        "statement", "servicecredit", "claim", "posting", "journal", "closingblock", "contract", "customer", "billedamount",
        "outagewindow", "maintenance", "measurementgap", "incident", "requestcount", "entry", "exclusion",
    } <= set(exported)  # fmt: skip
    assert client.get("/admin/reports/monthataglance/export/csv/").status_code == 404
    assert client.get(f"{STATEMENTS}export/pdf/").status_code == 404


@pytest.mark.django_db
def test_an_instant_behind_a_columns_words_is_exported_as_an_instant() -> None:
    an_outage()
    (row,) = rows_of(as_a(OPERATOR).get("/admin/outages/outagewindow/export/csv/"))
    assert row["From (UTC)"] == "2026-04-10T12:00:00+00:00"


def test_columns_follow_the_list_of_the_request() -> None:
    class Page(Exports):
        def get_list_display(self, request: HttpRequest) -> Any:
            return ["action_checkbox", "username"]

    from django.contrib.auth.models import User

    titles = [column.title for column in exports.columns_of(Page(User, admin.site), HttpRequest())]
    assert titles == ["Username"]


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["made_at__year=99999", "made_at__year=0"])
def test_a_filter_that_no_database_can_look_for_leads_back_to_the_list(asked: str) -> None:
    client = Client()
    client.force_login(a_person(AUDITOR))
    journals = "/admin/reports/journal/"
    for address in (journals, f"{journals}export/csv/", f"{journals}export/xlsx/"):
        answer = client.get(f"{address}?{asked}")
        assert answer.status_code == 302, address
        assert client.get(answer["Location"]).status_code == 200
