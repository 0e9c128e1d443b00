"""The base of the admin: roles open its pages, refusals are shown on them, and history is there for whoever may see it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from slaservice.history.admin import RoleAdmin
from slaservice.history.models import Seal
from slaservice.history.operations import record
from slaservice.history.sealing import seal
from slaservice.outages.models import Component
from slaservice.rules.refusal import FieldError, Invalid, Refusal
from slaservice.rules.workflow import ADMINISTRATOR, AUDITOR, FINANCE_CLERK, OPERATOR
from tests.factories.outages import a_component, a_person

pytestmark = pytest.mark.django_db

AT = datetime(2026, 5, 3, 10, 0, tzinfo=UTC)
ENTRIES = "admin:history_entry_changelist"


def logged_in(*roles: str, **values: Any) -> Client:
    client = Client()
    client.force_login(a_person(*roles, **values))
    return client


@pytest.mark.parametrize(
    ("role", "status"), [(AUDITOR, 200), (ADMINISTRATOR, 200), (FINANCE_CLERK, 200), (OPERATOR, 403)]
)
def test_the_whole_history_is_for_those_whose_role_says_so(role: str, status: int) -> None:
    record(by=None, action="components.create", obj=a_component(), reason="<b>because</b>", at=AT)
    answer = logged_in(role).get(reverse(ENTRIES))
    assert answer.status_code == status
    assert ("&lt;b&gt;because" in answer.content.decode()) is (status == 200)


def test_an_entry_is_read_and_never_written_in_the_admin() -> None:
    entry = record(by=None, action="components.create", obj=a_component(), reason="first", at=AT)
    client = logged_in(AUDITOR, is_superuser=True)
    page = reverse("admin:history_entry_change", args=[entry.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"reason": "rewritten"}).status_code == 403
    assert (
        client.post(reverse("admin:history_entry_delete", args=[entry.pk]), {"post": "yes"}).status_code
        == 403
    )
    assert client.get(reverse("admin:history_entry_add")).status_code == 403
    assert "delete_selected" not in client.get(reverse(ENTRIES)).content.decode()
    entry.refresh_from_db()
    assert entry.reason == "first"


def test_an_entry_leads_to_its_object() -> None:
    component = a_component()
    record(by=None, action="components.create", obj=component, at=AT)
    page = logged_in(AUDITOR).get(reverse(ENTRIES)).content.decode()
    assert reverse("admin:outages_component_change", args=[component.pk]) in page


def test_whoever_sees_an_object_sees_its_history() -> None:
    component, person = a_component(), a_person(OPERATOR)
    record(by=person, action="components.change", obj=component, reason="A better name", at=AT)
    record(by=None, action="components.map", obj=component, at=AT)
    page = reverse("admin:outages_component_history", args=[component.pk])
    shown = logged_in(OPERATOR).get(page).content.decode()
    assert person.username in shown
    assert "A better name" in shown
    assert "the system" in shown
    assert logged_in("choir").get(page).status_code == 403


def test_somebody_without_a_role_finds_nothing_even_with_django_s_own_permissions() -> None:
    client = logged_in("choir")
    assert client.get(reverse("admin:outages_component_changelist")).status_code == 403
    assert client.get(reverse("admin:index")).status_code == 200


def test_a_role_without_is_staff_does_not_enter() -> None:
    person = a_person(OPERATOR)
    User.objects.filter(pk=person.pk).update(is_staff=False)
    client = Client()
    client.force_login(User.objects.get(pk=person.pk))
    assert client.get(reverse("admin:outages_component_changelist")).status_code == 302


class Refusing(RoleAdmin):
    """Components whose operation refuses."""

    view_action = change_action = "components.edit"
    fields = ("name", "position")
    refusal = Refusal("no", "Not on a Sunday.")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        Component.objects.filter(pk=obj.pk).update(name="half done")
        raise self.refusal


def _post(page: Refusing, component: Component, **values: Any) -> str:
    request = RequestFactory().post("/", {"name": "typed by hand", "position": "3", **values})
    request.user, request._dont_enforce_csrf_checks = a_person(OPERATOR), True  # type: ignore[attr-defined]
    answer: Any = page.changeform_view(request, str(component.pk))
    return str(answer.render().content.decode())


def test_what_an_operation_refuses_stands_on_the_form_with_what_was_typed_and_nothing_is_written() -> None:
    component = a_component()
    shown = _post(Refusing(Component, admin.site), component)
    assert "Not on a Sunday." in shown
    assert "typed by hand" in shown
    component.refresh_from_db()
    assert component.name == "API"


def test_a_refusal_that_names_fields_stands_at_those_fields() -> None:
    page = Refusing(Component, admin.site)
    page.refusal = Invalid([FieldError("position", "Too far down."), FieldError("terms.cap", "Is missing.")])
    shown = _post(page, a_component())
    assert '<ul class="errorlist" id="id_position_error"><li>Too far down.' in shown
    assert "terms.cap: Is missing." in shown


def test_whoever_acted_for_somebody_outside_stands_there_with_both_names() -> None:
    component, person = a_component(), a_person(OPERATOR)
    entry = record(
        by=person, action="components.change", obj=component, at=AT, on_behalf_of="Jane Roe, Koyo <Ltd.>"
    )
    names = f"{person} for Jane Roe, Koyo &lt;Ltd.&gt;"
    auditor = logged_in(AUDITOR)
    for page in (
        reverse("admin:outages_component_history", args=[component.pk]),
        reverse("admin:history_entry_change", args=[entry.pk]),
        f"{reverse(ENTRIES)}?q=Koyo",
    ):
        assert names in auditor.get(page).content.decode(), page


def test_an_entry_says_where_it_stands_in_the_chain() -> None:
    entry = record(by=None, action="components.create", obj=a_component(), at=AT)
    page, auditor = reverse("admin:history_entry_change", args=[entry.pk]), logged_in(AUDITOR)
    assert "not sealed yet" in auditor.get(page).content.decode()
    seal(now=AT)
    assert f"1: {Seal.objects.get().hash}" in auditor.get(page).content.decode()
