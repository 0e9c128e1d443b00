"""Pages by cursor: every row once, in order, whatever comes in between; and no cursor that we did not give."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client

pytestmark = [pytest.mark.urls("tests.api.views"), pytest.mark.django_db]


@pytest.fixture
def rows() -> list[Permission]:
    """Twelve rows of three names; so the first field of the ordering alone tells none from its neighbours."""
    Permission.objects.all().delete()
    kinds = [ContentType.objects.create(app_label="letters", model=f"m{number}") for number in range(4)]
    made = [
        Permission.objects.create(codename=name, name=name, content_type=kind)
        for kind in kinds
        for name in ("b", "a", "c")
    ]
    return sorted(made, key=lambda row: (-ord(row.codename), row.pk))


def get(address: str) -> Any:
    response = Client().get(address)
    assert response.status_code == 200, response.content
    return response.json()


def walk(address: str) -> list[list[int]]:
    pages, following = [], address
    while following:
        page = get(following)
        pages.append([row["id"] for row in page["results"]])
        following = page["next"]
    return pages


@pytest.mark.parametrize("limit", [1, 2, 5, 11, 12, 13, 500])
def test_pages_laid_end_to_end_are_the_list(rows: list[Permission], limit: int) -> None:
    pages = walk(f"/api/permissions?limit={limit}")
    assert [pk for page in pages for pk in page] == [row.pk for row in rows]
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]


def test_without_a_limit_a_page_has_fifty_rows(rows: list[Permission]) -> None:
    kind = ContentType.objects.create(app_label="letters", model="many")
    Permission.objects.bulk_create(
        Permission(codename=f"d{number}", name="d", content_type=kind) for number in range(50)
    )
    page = get("/api/permissions")
    assert len(page["results"]) == 50
    assert page["next"]


def test_rows_that_come_and_go_between_pages_disturb_nobody(rows: list[Permission]) -> None:
    first = get("/api/permissions?limit=5")
    kind = ContentType.objects.create(app_label="letters", model="late")
    Permission.objects.create(codename="d", name="d", content_type=kind)  # before the cursor
    rows[4].delete()  # the very row that the cursor names
    second = get(first["next"])
    assert [row["id"] for row in second["results"]] == [row.pk for row in rows[5:10]]


def test_the_next_address_keeps_the_filter(rows: list[Permission]) -> None:
    pages = walk("/api/permissions?limit=3&name=a")
    assert [len(page) for page in pages] == [3, 1]


@pytest.mark.parametrize(
    "limit", ["0", "-1", "501", "999999999", "abc", "1.5", "", "١٢", "１２", "9999999999"]
)
def test_a_limit_that_is_no_number_of_rows_is_refused(limit: str) -> None:
    response = Client().get("/api/permissions", {"limit": limit})
    assert (response.status_code, response.json()["errors"][0]["path"]) == (400, "limit")


def test_a_cursor_that_was_made_up_or_changed_or_taken_elsewhere_is_refused(rows: list[Permission]) -> None:
    following = get("/api/permissions?limit=5")["next"]
    cursor = parse_qs(urlsplit(following).query)["cursor"][0]
    made_up = [
        "",
        "x",
        "bzoxMDA=",
        cursor[:-1] + ("A" if cursor[-1] != "A" else "B"),
        cursor.replace(":", "."),
        "9" * 5000,
    ]
    refused = [Client().get("/api/permissions", {"cursor": other}) for other in made_up]
    refused.append(Client().get("/api/other", {"cursor": cursor}))
    for response in refused:
        assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")


def test_a_page_is_one_query(rows: list[Permission], django_assert_num_queries: Any) -> None:
    following = get("/api/permissions?limit=5")["next"]
    with django_assert_num_queries(1):
        get(following)
