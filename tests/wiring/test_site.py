"""The site's outermost layer: probes, headers, and the way in and out for people."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, override_settings
from django.urls import reverse

from slaservice import health

PASSWORD = "correct horse battery staple"


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("ada", "ada@example.com", PASSWORD)


@pytest.fixture
def administrator(db: None) -> User:
    return User.objects.create_superuser("root", "root@example.com", PASSWORD)


# Probes


def test_a_process_that_answers_is_alive_whatever_the_database_does(client: Client) -> None:
    assert client.get("/healthz").json() == {"alive": True}  # no database mark: a query would fail this test


@pytest.mark.django_db
def test_a_set_up_installation_is_ready(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "checks": {"database": True, "migrations": True, "redis": True}}


@pytest.mark.django_db
def test_a_probe_needs_no_known_host_and_no_https(client: Client) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True, ALLOWED_HOSTS=["sla.example.com"]):
        assert client.get("/readyz", headers={"host": "10.1.2.3"}).status_code == 200


@pytest.mark.django_db
def test_a_migration_that_is_owed_means_not_ready(client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("auth", "0012_alter_user_first_name_max_length")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": True, "migrations": False, "redis": True}


def _refuse() -> str:
    raise OperationalError("password of sla_app in the message")


@pytest.mark.django_db
def test_a_database_that_is_away_means_not_ready_and_tells_no_secrets(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(health.CHECKS, "database", _refuse)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert b"password" not in response.content


@pytest.mark.django_db
@override_settings(REDIS_URL="redis://127.0.0.1:1/0")
def test_a_redis_that_is_configured_and_away_means_not_ready(client: Client) -> None:
    assert client.get("/readyz").json()["checks"]["redis"] is False


# Headers


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/people/login/", "/admin/", "/nothing-here", "/healthz"])
def test_every_answer_carries_the_policy(client: Client, address: str) -> None:
    headers = client.get(address).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Permissions-Policy"]


@pytest.mark.django_db
def test_a_page_is_framed_by_nobody_sniffed_by_nobody_and_kept_by_nobody(client: Client) -> None:
    headers = client.get("/people/login/").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"]


@pytest.mark.django_db  # the end of a response looks at the connection
@pytest.mark.parametrize("file", ["slaservice/people.css", "slaservice/icon.svg", "admin/css/base.css"])
def test_a_style_is_served_without_debugging_and_may_be_kept(client: Client, file: str) -> None:
    response = client.get(f"/static/{file}")
    assert response.status_code == 200
    assert "no-store" not in response.headers["Cache-Control"]
    response.close()


INLINE = re.compile(
    r'<style|<script(?![^>]*\s(?:src=|type="application/json"))|\sstyle=|\son[a-z]+=|javascript:',
    re.IGNORECASE,
)


def test_no_page_of_the_admin_needs_anything_inline(client: Client, administrator: User) -> None:
    """The policy refuses inline scripts and styles: a page that has one would be broken without a word."""
    from django.contrib import admin

    client.force_login(administrator)
    names = ["admin:index", "admin:password_change"]
    for model, model_admin in admin.site._registry.items():
        names.append(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        if model_admin.has_add_permission(_request(administrator)):
            names.append(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
    for name in names:
        response = client.get(reverse(name))
        assert response.status_code in (200, 403), name
        assert INLINE.search(response.text) is None, (name, INLINE.search(response.text))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "page", ["login", "logout", "password_reset", "password_reset_done", "password_reset_complete"]
)
def test_no_page_of_ours_needs_anything_inline(client: Client, page: str) -> None:
    response = client.post(reverse(page)) if page == "logout" else client.get(reverse(page))
    assert response.status_code == 200
    assert INLINE.search(response.text) is None


def _request(user: User) -> Any:
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.user = user
    return request


# People


def test_a_person_logs_in_and_out(client: Client, administrator: User) -> None:
    opened = client.get("/admin/", follow=True)
    assert opened.redirect_chain[-1][0] == "/people/login/?next=%2Fadmin%2F"
    entered = client.post(
        opened.redirect_chain[-1][0],
        {"username": "root", "password": PASSWORD, "next": "/admin/"},
        follow=True,
    )
    assert entered.request["PATH_INFO"] == "/admin/"
    assert "You are logged out" in client.post("/people/logout/").text
    assert "sessionid" not in client.cookies
    assert client.get("/admin/").status_code == 302


def test_a_wrong_password_does_not_say_which_half_was_wrong(client: Client, person: User) -> None:
    unknown = client.post("/people/login/", {"username": "nobody", "password": PASSWORD})
    wrong = client.post("/people/login/", {"username": "ada", "password": "wrong"})
    message = "Please enter a correct username and password"
    assert message in unknown.text
    assert message in wrong.text


def test_who_may_not_open_a_page_is_told_so(client: Client, person: User) -> None:
    client.force_login(person)
    assert "You are logged in as ada" in client.get("/admin/", follow=True).text


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_a_foreign_site_after_the_log_in(
    client: Client, person: User, address: str
) -> None:
    response = client.post("/people/login/", {"username": "ada", "password": PASSWORD, "next": address})
    assert response.headers["Location"] == "/"


def test_a_forgotten_password_is_replaced_through_a_link_that_works_once(
    client: Client, person: User
) -> None:
    answer = client.post("/people/password_reset/", {"email": "ada@example.com"}, follow=True)
    assert "Look into your mail" in answer.text
    [message] = mail.outbox
    link = re.search(r"http://testserver(\S+)", str(message.body))
    assert link is not None
    form = client.get(link[1], follow=True)
    new = {"new_password1": "a much better one", "new_password2": "a much better one"}
    assert "Your password is set" in client.post(form.redirect_chain[-1][0], new, follow=True).text
    assert client.login(username="ada", password="a much better one")
    assert "This link is used up" in Client().get(link[1], follow=True).text


def test_a_stranger_learns_nothing_about_who_has_an_account(client: Client, person: User) -> None:
    answer = client.post("/people/password_reset/", {"email": "stranger@example.com"}, follow=True)
    assert "Look into your mail" in answer.text
    assert mail.outbox == []


def test_a_form_from_another_site_is_refused(person: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/people/login/", {"username": "ada", "password": PASSWORD}).status_code == 403
