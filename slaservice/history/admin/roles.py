"""The base of every page in the admin: roles open it, operations write, refusals become messages, history is at hand.

Django's own model permissions decide nothing here; its `is_staff` still decides who enters the admin at all. A subclass
names the actions of slaservice/rules/workflow.py that its pages take and either gives verbs and an `add_form`, or overrides
`save_model` to call an operation. Nothing is ever saved by a form, and nothing is deleted unless `delete_action` says so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import capfirst

from slaservice.history.admin.exports import Exports
from slaservice.history.admin.paging import KeysFirst
from slaservice.history.admin.verbs import Verb, show_refusal
from slaservice.history.operations import roles_of
from slaservice.history.queries import history_of
from slaservice.rules import workflow
from slaservice.rules.refusal import Refusal

SHOWN_OF_HISTORY = 200
MOST_REFUSALS_SHOWN = 50


def person(request: HttpRequest) -> User:
    """Who is logged in; the admin lets nobody else this far."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


class RoleAdmin(Exports):
    """`*_action` name rows of the table of roles; None: nobody. `verbs` are what may be done to one row.

    With an `add_form`, the page behind "Add" shows it and calls `add(values, by=..., now=...)`.
    """

    view_action: ClassVar[str]
    add_action: ClassVar[str | None] = None
    change_action: ClassVar[str | None] = None
    delete_action: ClassVar[str | None] = None
    verbs: ClassVar[Sequence[Verb]] = ()
    add_form: ClassVar[type[forms.Form] | None] = None
    add_label: ClassVar[str] = "Record"
    change_form_template = "admin/history/change_form.html"
    paginator = KeysFirst

    # who

    def may(self, request: HttpRequest, action: str | None) -> bool:
        """Whether a role of the person who is logged in has the action."""
        return action is not None and workflow.may(self.roles(request), action)

    def roles(self, request: HttpRequest) -> frozenset[str]:
        """The roles of the person who is logged in; looked up once a request."""
        if not isinstance(request.user, User):
            return frozenset()
        if not hasattr(request, "roles"):
            request.roles = frozenset(roles_of(request.user))  # type: ignore[attr-defined]
        return request.roles  # type: ignore[attr-defined]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may(request, self.view_action)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.view_action)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.add_action)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.change_action)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.delete_action)

    # what is refused

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """A filter in the address that no database can look for, like the year 99999, is one that Django refuses by itself."""
        try:
            return super().get_changelist_instance(request)
        except (ValueError, OverflowError) as problem:
            raise IncorrectLookupParameters(problem) from problem

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """As for the list, whose rows are counted only here."""
        try:
            return super().export_view(request, kind)
        except (ValueError, OverflowError):
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What `save_model`'s operation refuses stands on the form, with what was typed; nothing was written."""
        context = {**(extra_context or {}), "verbs": self._verbs_of(request, object_id)}
        try:
            return super().changeform_view(request, object_id, form_url, context)
        except Refusal as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        refusal: Refusal | None = getattr(request, "refusal", None)
        if refusal is None:
            return form

        def clean(self: forms.ModelForm) -> Any:
            cleaned = form.clean(self)
            show_refusal(refusal, self)
            return cleaned

        return type(form.__name__, (form,), {"clean": clean})

    def each(
        self,
        request: HttpRequest,
        rows: Iterable[Any],
        run: Callable[[Any], object],
        *,
        done: str,
        atomic: bool = True,
    ) -> None:
        """An action on many rows: each by itself, what is refused as a message of its own. `done` takes {count}.

        Not `atomic` where the operation itself says what of it stays when it refuses.
        """
        count, refused = 0, []
        for row in rows:
            try:
                with transaction.atomic() if atomic else nullcontext():
                    run(row)
                count += 1
            except Refusal as refusal:
                refused.append(f"{row}: {refusal.sentence}")
        for sentence in refused[:MOST_REFUSALS_SHOWN]:
            self.message_user(request, capfirst(sentence), messages.ERROR)
        if more := len(refused[MOST_REFUSALS_SHOWN:]):
            self.message_user(request, f"{more} more were refused.", messages.ERROR)
        if count:
            self.message_user(request, done.format(count=count), messages.SUCCESS)

    # what is done

    def add(self, values: dict[str, Any], *, by: User, now: datetime) -> Model:
        """Calls the operation behind `add_form` with the form's values; returns the new row."""
        raise NotImplementedError

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if self.add_form is None:
            return super().add_view(request, form_url, extra_context)
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = self.add_form(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    row = self.add(dict(form.cleaned_data), by=person(request), now=timezone.now())
                self.message_user(request, f"{row} was recorded.", messages.SUCCESS)
                return self._show(row)
            except Refusal as refusal:
                show_refusal(refusal, form)
        title = f"{self.add_label} {self.opts.verbose_name}"
        return self.form_page(request, form, title=title, submit=self.add_label)

    def verb_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """The page of one verb on one row."""
        verb = next(verb for verb in self.verbs if verb.name == name)
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.may(request, verb.action):
            raise PermissionDenied
        if not verb.applies(row):
            self.message_user(request, f"{row} does not allow this now.", messages.ERROR)
            return self._show(row)
        form = (
            verb.form(request.POST, request.FILES)
            if request.method == "POST"
            else verb.form(initial=dict(verb.initial(row)))
        )
        if request.method == "POST" and form.is_valid():
            following = verb.carry_out(row, form, by=person(request), now=timezone.now())
            if following is not None:
                self.message_user(request, verb.done.format(row=following), messages.SUCCESS)
                return self._show(following)
        title = f"{verb.label}: {row}"
        return self.form_page(
            request,
            form,
            title=title,
            submit=verb.label,
            original=row,
            explains=verb.explains,
            about=verb.about(row),
        )

    def form_page(
        self,
        request: HttpRequest,
        form: forms.Form,
        *,
        title: str,
        submit: str,
        original: Any = None,
        explains: str = "",
        about: Mapping[str, str] | None = None,
    ) -> TemplateResponse:
        """A form that is no model's on a page like the admin's own."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "form": form,
            "submit": submit,
            "original": original,
            "explains": explains,
            "about": about,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/history/form.html", context)

    def get_urls(self) -> list[URLPattern]:
        wrap: Callable[..., Any] = self.admin_site.admin_view
        label = f"{self.opts.app_label}_{self.opts.model_name}"
        ours = [
            path(
                f"<path:object_id>/{verb.name}/",
                wrap(self.verb_view),
                {"name": verb.name},
                name=f"{label}_{verb.name}",
            )
            for verb in self.verbs
        ]
        return ours + super().get_urls()

    def _show(self, row: Model) -> HttpResponse:
        return redirect(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", row.pk)

    def _verbs_of(self, request: HttpRequest, object_id: str | None) -> list[dict[str, str]]:
        row = self.get_object(request, unquote(object_id)) if object_id and self.verbs else None
        if row is None:
            return []
        label = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return [
            {"label": verb.label, "url": reverse(f"{label}_{verb.name}", args=[row.pk])}
            for verb in self.allowed(request, row)
        ]

    def allowed(self, request: HttpRequest, row: Model) -> list[Verb]:
        """The verbs that the row's state and the person's roles allow."""
        return [verb for verb in self.verbs if self.may(request, verb.action) and verb.applies(row)]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The operation has written everything."""

    # what was done

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Our own history of the row; whoever may see the row may see it."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": f"History: {row}",
            "opts": self.opts,
            "object": row,
            "entries": history_of(row)[:SHOWN_OF_HISTORY],
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/history/object_history.html", context)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Django's own log is not kept: the operation has written the history."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """As for `log_addition`."""

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """As for `log_addition`."""
