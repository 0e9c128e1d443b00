"""The confirmation desk: what waits, side by side with all that a decision rests on; confirmed, corrected, withdrawn in place."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from reports import desk
from reports.admin.desk_cards import cards, unposted
from reports.admin.desk_forms import KINDS, Asked, FilterForm, Kind
from reports.admin.guards import GuardsPage
from reports.models import ProposedWindow
from slaservice.history.admin import RoleAdmin, person
from slaservice.history.admin.verbs import show_refusal
from slaservice.outages.queries import questions_of_feeds, unrecorded_messages
from slaservice.rules.refusal import Refusal

CASES_A_PAGE = 10
MOST_AT_ONCE = 500
QUESTIONS_SHOWN = 20


@admin.register(ProposedWindow)
class DeskAdmin(GuardsPage, RoleAdmin):
    """One page; every POST to it is one decision, or one for many, through the operations of the facts."""

    view_action = "desk.view"

    class Media:
        css = {"all": ["reports/desk.css", "reports/decide.css"]}

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """A window has its page among the facts."""
        return redirect("admin:outages_outagewindow_change", object_id)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        filters = FilterForm(request.GET)
        kind = filters.kind
        if request.method == "POST":
            asked = self._decide(request, kind)
            if asked is None:
                return redirect(f"{request.path}?{filters.address()}")
        else:
            asked = self._asked(request, kind)
        return self._page(request, filters, asked)

    def _page(self, request: HttpRequest, filters: FilterForm, asked: Asked | None) -> HttpResponse:
        now, kind = timezone.now(), filters.kind
        facts = desk.waiting(kind.model, **filters.chosen())
        paginator = Paginator(desk.grouped(facts), CASES_A_PAGE)
        page = paginator.get_page(request.GET.get("page"))
        found = desk.cases(facts, [row["case"] for row in page.object_list], now=now)
        shown = cards(found, kind=kind, asked=asked, select_safe=request.GET.get("select") == "safe")
        questions = questions_of_feeds()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Confirmation desk",
            "media": self.media,
            "filters": filters,
            "address": filters.address(),
            "address_without_page": filters.address(page=False),
            "kinds": [(one, one.name == kind.name) for one in KINDS.values()],
            "kind": kind,
            "page": page,
            "cards": shown,
            "safe": sum(row.safe for card in shown for row in card.rows),
            "may": {verb: self.may(request, action) for verb, action in kind.actions.items()},
            "may_map": self.may(request, "components.edit"),
            "unposted": unposted(desk.stated_but_not_posted()) if kind.name == "outages" else [],
            "may_record": self.may(request, "outages.propose"),
            "questions": questions[:QUESTIONS_SHOWN],
            "questions_count": questions.count(),
            "unrecorded": list(unrecorded_messages()[:QUESTIONS_SHOWN]),
        }
        return TemplateResponse(request, "admin/reports/desk/desk.html", context)

    # decisions

    def _asked(self, request: HttpRequest, kind: Kind) -> Asked | None:
        """The correction that a link on the page asks for."""
        row = kind.find(request.GET.get("correct", ""))
        if row is None or not self.may(request, kind.actions["correct"]):
            return None
        return Asked(row.pk, form=kind.form(initial=kind.initial(row, quote=request.GET.get("quote", ""))))

    def _decide(self, request: HttpRequest, kind: Kind) -> Asked | None:
        """Carry out what was posted. None when it is done; else what to show again, with what was typed."""
        verb = request.POST.get("verb", "")
        if verb not in kind.actions or not self.may(request, kind.actions[verb]):
            raise PermissionDenied
        if verb == "bulk":
            self._confirm_safe(request, kind)
            return None
        row = kind.find(request.POST.get("fact", ""))
        if row is None:
            self.message_user(request, "Somebody has decided on this already.", messages.WARNING)
            return None
        if verb == "correct":
            return self._correct(request, kind, row)
        reason = request.POST.get("reason", "").strip()
        try:
            kind.run(verb, row, by=person(request), now=timezone.now(), reason=reason)
        except Refusal as refusal:
            return Asked(row.pk, reason=reason, error=refusal.sentence)
        self._say_done(request, verb, row)
        return None

    def _correct(self, request: HttpRequest, kind: Kind, row: Any) -> Asked | None:
        form = kind.form(request.POST)
        if form.is_valid():
            try:
                values: Mapping[str, Any] = {
                    name: value for name, value in form.cleaned_data.items() if name != "basis" or value
                }
                kind.run("correct", row, by=person(request), now=timezone.now(), **values)
            except Refusal as refusal:
                show_refusal(refusal, form)
            else:
                self._say_done(request, "correct", row)
                return None
        return Asked(row.pk, form=form)

    def _say_done(self, request: HttpRequest, verb: str, row: Any) -> None:
        done = {"confirm": "confirmed", "correct": "corrected and confirmed", "withdraw": "withdrawn"}
        self.message_user(request, f"{row} is {done[verb]}.", messages.SUCCESS)

    def _confirm_safe(self, request: HttpRequest, kind: Kind) -> None:
        """Confirms those of the selected that nothing speaks against; the others are named, with why not."""
        rows = kind.find_all(request.POST.getlist("fact")[:MOST_AT_ONCE])
        doubts = desk.doubts(rows)
        by, now, count = person(request), timezone.now(), 0
        for row in rows:
            why = " ".join(doubts[row.pk])
            if not why:
                try:
                    with transaction.atomic():
                        kind.run("confirm", row, by=by, now=now, reason="")
                    count += 1
                except Refusal as refusal:
                    why = refusal.sentence
            if why:
                self.message_user(request, f"{row} was not confirmed: {why}", messages.WARNING)
        self.message_user(request, f"Confirmed: {count}.", messages.SUCCESS if count else messages.WARNING)
