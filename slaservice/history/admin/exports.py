"""Lists as files: what a page of the admin lists, as CSV and as XLSX, for whoever sees the list and as far as they see it.

The columns are the list's, with plain values: money as a number beside its currency, instants with their offset, no links. What
was filtered and searched is what is exported, in the list's order. django-import-export would want a resource for each model and
its own way to permissions, and loads lists whole; this follows the lists that are there.

A text that a spreadsheet would take for a formula is kept from being one: in CSV by an apostrophe before it, in XLSX by the type
of its cell. Numbers are numbers, negative ones too.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from html import unescape
from tempfile import TemporaryFile
from typing import IO, Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import DateTimeField, Field, Model, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from slaservice.rules.exact import exact_text
from slaservice.rules.money import Money
from slaservice.rules.words import number

MOST_ROWS = {"csv": 1_000_000, "xlsx": 50_000}
"""An XLSX file is made whole before it is sent; CSV is sent as it is read."""

CHUNK = 500
MOST_CHARACTERS = 32_767
EXACT_DIGITS = 15
"""A spreadsheet's numbers are binary floats: with more digits than these they would be others."""

Cell = str | int | Decimal | bool | date | None
Plain = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Amount:
    """A column of money: `of` gives a row's Money or None. In a file it is two, the number and its currency."""

    of: Callable[[Any], Money | None]


@dataclass(frozen=True, slots=True)
class Several:
    """A column that says more than one thing: in a file each, by its title, is a column of its own."""

    of: Mapping[str, Plain]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file."""

    title: str
    of: Callable[[Any], Cell]


class _Unread(ChangeList):
    """A list of which only the filters, the search and the order are wanted, and no page."""

    def get_results(self, request: HttpRequest) -> None:
        """Nothing is read."""


class Exports(admin.ModelAdmin):
    """Adds the files to a list: of the selected rows as actions, of all that is listed behind `export/csv/` and `export/xlsx/`.

    `plain` gives, by the name of a list's column, the plain value of a row where the column shows words or marks.
    """

    plain: ClassVar[Mapping[str, Plain | Amount | Several]] = {}
    change_list_template = "admin/history/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        label = f"{self.opts.app_label}_{self.opts.model_name}_export"
        export = path("export/<slug:kind>/", self.admin_site.admin_view(self.export_view), name=label)
        return [export, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list, with the way to its files: they keep its filters and search, and have every page of it."""
        asked = request.GET.copy()
        asked.pop("p", None)
        query = f"?{asked.urlencode()}" if asked else ""
        files = {kind: f"export/{kind}/{query}" for kind in FILES}
        return super().changelist_view(request, {"export": files, **(extra_context or {})})

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found = super().get_actions(request)
        ours = [self.get_action(name) for name in ("export_csv", "export_xlsx")]
        return {**found, **{action[1]: action for action in ours if action}}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _Unread if hasattr(request, "exported") else super().get_changelist(request, **kwargs)

    @admin.action(description="Export the selected as CSV")
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase | None:
        return self._file(request, queryset, "csv")

    @admin.action(description="Export the selected as XLSX")
    def export_xlsx(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase | None:
        return self._file(request, queryset, "xlsx")

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """Everything that the list shows with these filters and this search."""
        if kind not in FILES or tuple(self.list_display) == ("__str__",):
            raise Http404  # a page of its own that lists no rows
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            request.exported = True  # type: ignore[attr-defined]
            listed = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return self._file(request, listed, kind) or self._back(request)

    def _file(self, request: HttpRequest, rows: QuerySet[Any], kind: str) -> HttpResponseBase | None:
        """None, with a message, where there are more rows than such a file holds."""
        count, most = rows.count(), MOST_ROWS[kind]
        if count > most:
            sentence = f"These are {count:,} rows; {kind.upper()} files hold {most:,} here: filter the list"
            more = ", or take it as CSV." if count <= MOST_ROWS["csv"] else "."
            self.message_user(request, sentence + more, messages.ERROR)
            return None
        columns = columns_of(self, request)
        name = f"{self.opts.model_name}-{timezone.now():%Y%m%dT%H%M%SZ}.{kind}"
        return FILES[kind](columns, rows.iterator(chunk_size=CHUNK), name)

    def _back(self, request: HttpRequest) -> HttpResponse:
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return redirect(f"{address}?{request.GET.urlencode()}")


# columns


def columns_of(page: Exports, request: HttpRequest) -> list[Column]:
    """The columns of the list, each as one or more of a file; a column that is made for who looks holds links alone."""
    listed = page.get_list_display(request)
    names = [name for name in listed if isinstance(name, str) and name != "action_checkbox"]
    return [column for name in names for column in _columns(page, name)]


def _columns(page: Exports, name: str) -> list[Column]:
    title = capfirst(str(label_for_field(name, page.model, page)))
    plain = page.plain.get(name) or _by_its_order(page, name)
    if isinstance(plain, Amount):
        return [
            Column(title, _then(plain.of, lambda money: Decimal(str(money)))),
            Column(f"{title} currency", _then(plain.of, lambda money: money.currency)),
        ]
    if isinstance(plain, Several):
        return [Column(of, _then(value, cell)) for of, value in plain.of.items()]
    if plain is not None:
        return [Column(title, _then(plain, cell))]
    return [Column(title, lambda row: _shown(page, name, row))]


def _then(value: Plain, turned: Callable[[Any], Cell]) -> Callable[[Any], Cell]:
    def of(row: Any) -> Cell:
        found = value(row)
        return None if found is None else turned(found)

    return of


def _by_its_order(page: Exports, name: str) -> Plain | Amount | None:
    """The stored value behind a column that is sorted by it: an instant, or minor units beside a currency."""
    sorted_by = str(getattr(getattr(page, name, None), "admin_order_field", name)).removeprefix("-")
    field, fields = _field(page.model, sorted_by), {one.name for one in page.opts.get_fields()}
    if sorted_by.endswith("_minor") and field is not None and "currency" in fields:
        return Amount(lambda row: _money(getattr(row, sorted_by), row.currency))
    if isinstance(field, DateTimeField) and sorted_by != name:
        return lambda row: getattr(row, sorted_by)
    return None


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)


def _field(model: type[Model], name: str) -> "Field[Any, Any] | None":
    try:
        found = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, Field) else None


def _shown(page: Exports, name: str, row: Any) -> Cell:
    field, _, value = lookup_field(name, row, page)
    if field is not None and getattr(field, "choices", None):
        return str(getattr(row, f"get_{field.name}_display")())
    return cell(value)


def cell(value: object) -> Cell:
    """A value as a file has it."""
    match value:
        case None | bool() | int() | Decimal():
            return value
        case datetime():
            return value.isoformat()
        case date():
            return value
        case Fraction():
            text = number(value)
            return text if text == exact_text(value) and "/" in text else Decimal(text)
        case SafeString():
            return unescape(strip_tags(re.sub(r"<br\s*/?>", "\n", value)))
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


# files

_BEGINS_A_FORMULA = "=+\\-@\uff1d\uff0b\uff0d\uff20\u2212|%"
_SEEN_AS_NOTHING = "\\s\\x00-\\x20\"'\u00a0\u200b\u2060\ufeff"
_FORMULA = re.compile(f"[{_SEEN_AS_NOTHING};,]*[{_BEGINS_A_FORMULA}]|[\\t\\r\\n]")
_FORMULA_WITHIN = re.compile(f"([;\\t\\r\\n][{_SEEN_AS_NOTHING}]*)(?=[{_BEGINS_A_FORMULA}])")


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula, also where it cuts the line at semicolons or tabs."""
    within = _FORMULA_WITHIN.sub(r"\1'", text)
    return f"'{within}" if _FORMULA.match(text) else within


class _Echo:
    def write(self, line: str) -> str:
        return line


def csv_lines(columns: Sequence[Column], rows: Iterable[Any]) -> Iterator[str]:
    """UTF-8 with a mark at the start, by which spreadsheets know it; every text quoted, no number."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_NONNUMERIC)
    yield "\ufeff"
    yield writer.writerow([harmless(column.title) for column in columns])
    for row in rows:
        yield writer.writerow([_csv_cell(column.of(row)) for column in columns])


def _csv_cell(value: Cell) -> str | int | Decimal:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return value if value.is_finite() else harmless(str(value))
    if isinstance(value, int):
        return value
    return "" if value is None else harmless(str(value))


def workbook(columns: Sequence[Column], rows: Iterable[Any], out: IO[bytes]) -> None:
    """One sheet, written row by row; text is text by type, whatever it begins with."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Export")
    sheet.freeze_panes = "A2"
    sheet.append([_xlsx_cell(sheet, column.title) for column in columns])
    for row in rows:
        sheet.append([_xlsx_cell(sheet, column.of(row)) for column in columns])
    book.save(out)


def _xlsx_cell(sheet: Any, value: Cell) -> Any:
    if value is None or isinstance(value, bool | date):
        return value
    if isinstance(value, int | Decimal) and len(str(abs(value)).replace(".", "").lstrip("0")) <= EXACT_DIGITS:
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", str(value))[:MOST_CHARACTERS]
    made = WriteOnlyCell(sheet, text)
    made.data_type = "s"
    return made


def _csv_file(columns: Sequence[Column], rows: Iterable[Any], name: str) -> HttpResponseBase:
    return StreamingHttpResponse(
        csv_lines(columns, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _xlsx_file(columns: Sequence[Column], rows: Iterable[Any], name: str) -> HttpResponseBase:
    out = TemporaryFile()  # noqa: SIM115 -- the response closes it
    workbook(columns, rows, out)
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=name, headers={"Cache-Control": "no-store"})


FILES: Mapping[str, Callable[[Sequence[Column], Iterable[Any], str], HttpResponseBase]] = {
    "csv": _csv_file,
    "xlsx": _xlsx_file,
}
