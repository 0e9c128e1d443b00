"""No text has a NUL: who sends one is told so, before a database says it with an error."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db

NO_TEXT = b"No text has one"


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root", "root@example.com", "correct horse battery"))
    return client


@pytest.mark.parametrize(
    "address",
    [
        "outages/outagewindow/?source=%00",
        "outages/outagewindow/?q=a%00b",
        "outages/outagewindow/?source__exact=%00",
        "outages/incident/?source=x&source=%00",
        "reports/proposedwindow/guards/?month=%00",
    ],
)
def test_a_filter_with_a_nul_is_refused_in_clear_text(desk: Client, address: str) -> None:
    answer = desk.get(f"/admin/{address}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert NO_TEXT in answer.content
    assert answer["Content-Security-Policy"]


@pytest.mark.parametrize("sent", [{"content_type": "application/x-www-form-urlencoded"}, {}])
def test_a_form_with_a_nul_is_refused_however_it_is_packed(desk: Client, sent: dict[str, Any]) -> None:
    values: Any = "verb=confirm&reason=a%00b" if sent else {"verb": "confirm", "reason": "a\0b"}
    answer = desk.post("/admin/reports/proposedwindow/guards/?month=2026-04", values, **sent)
    assert (answer.status_code, answer.content.startswith(b"A NUL stands in 'reason'")) == (400, True)


def test_a_program_is_told_the_parameter_as_a_problem(client: Client) -> None:
    answer = client.get("/api/v1/recording/outages?component=%00")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["code"] == "invalid_request"
    assert [error["path"] for error in answer.json()["errors"]] == ["component"]


@pytest.mark.parametrize("address", ["/hooks/alertmanager/x", "/api/v1/recording/outages"])
def test_a_body_with_a_parser_of_its_own_is_left_to_it(client: Client, address: str) -> None:
    answer = client.post(address, "a=%00", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 401
