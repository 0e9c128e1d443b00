"""Files of customers, contracts and billed amounts in the admin: sent, looked at row by row, and imported as the same bytes."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from accounts.importing import KINDS, import_sent, send_file
from accounts.models import AccountsImport
from accounts.queries import imports_visible_to
from slaservice.history.admin import person
from slaservice.outages.admin.sent import RESULTS, SentFileAdmin, SentFileForm, import_verb, kind_field


class ImportForm(SentFileForm):
    kind = kind_field(KINDS)
    field_order = ("kind", "file")


@admin.register(AccountsImport)
class AccountsImportAdmin(SentFileAdmin):
    """Whoever edits customers may send files; what kind each role may send is for the operation to say."""

    kinds = KINDS
    columns_template = "admin/accounts/import/columns.html"
    view_action = "contracts.view"
    add_action = "customers.edit"
    add_form = ImportForm
    send = staticmethod(send_file)
    verbs = (import_verb("customers.edit", import_sent),)
    list_display = ("name", "kind", "sent", "imported")
    list_filter = ("kind",)
    search_fields = ("name", "sha256")
    fieldsets = (
        (None, {"fields": ("name", "kind", "size", "sha256", "sent")}),
        *RESULTS,
    )
    readonly_fields = ("name", "kind", "size", "sha256", "sent", "would_do", "imported", "did_do")

    class Media:
        css = {"all": ["accounts/imports.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return super().get_queryset(request).filter(pk__in=imports_visible_to(person(request)).values("pk"))

    def told(self, result: dict[str, Any]) -> SafeString:
        """How many of what, and a table of the rows that are not unchanged."""
        counted = {"rows": result["rows"], **result["outcomes"]}
        changing = sum(count for outcome, count in result["outcomes"].items() if outcome != "unchanged")
        context = {
            "counted": counted.items(),
            "shown": result["shown"],
            "more": changing - len(result["shown"]),
        }
        page = render_to_string("admin/accounts/import/result.html", context)
        return mark_safe(page)  # a template's own output, escaped there
