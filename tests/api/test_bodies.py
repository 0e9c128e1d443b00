"""What a request's headers say of its body is believed or refused; none of it ends in a fault of ours."""

from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.test import Client

from slaservice.wsgi import application
from tests.api.told import told

pytestmark = pytest.mark.urls("tests.api.views")

JSON = "application/json"


@pytest.fixture
def api() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    "declared", [JSON, f"{JSON}; charset=utf-8", f"{JSON};charset=UTF-8", "Application/JSON"]
)
def test_json_in_utf_8_is_taken(api: Client, declared: str) -> None:
    assert api.post("/api/echo", '{"note": "ü"}'.encode(), content_type=declared).json() == {"note": "ü"}


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "utf-7", "utf-8-sig", '"ascii"', "nonsense"])
def test_another_charset_is_refused(charset: str) -> None:
    response = served("POST", "/api/echo", BytesIO(b"{}"), CONTENT_TYPE=f"{JSON}; charset={charset}")
    assert (response.status_code, b"encoding_not_supported" in response.content) == (415, True)


@pytest.mark.parametrize("charset", ["rot13", "hex", "idna", "utf-16", "zlib", "undefined"])
@pytest.mark.parametrize("address", ["/api/permissions", "/nothing"])
@pytest.mark.django_db
def test_no_charset_decides_how_an_address_is_read(charset: str, address: str) -> None:
    query = "limit=1&name=%C3%BC"
    response = served(
        "GET", address, BytesIO(), CONTENT_TYPE=f"{JSON}; charset={charset}", QUERY_STRING=query
    )
    assert response.status_code == (200 if address.startswith("/api") else 404)


def served(method: str, path: str, body: BytesIO, **environ: str) -> Any:
    """What the site's own entry answers; Django's test client makes requests of another kind."""
    given: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "HTTP_HOST": "testserver",
        **environ,
    }
    given |= {"wsgi.input": body, "CONTENT_LENGTH": "2"}
    setup_testing_defaults(given)
    return application.get_response(application.request_class(given))


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "x-unknown", "gzip, identity"])
def test_a_compressed_body_is_refused(api: Client, coding: str) -> None:
    response = api.post("/api/echo", b"{}", content_type=JSON, headers={"Content-Encoding": coding})
    told(response, 415, "encoding_not_supported")


def test_a_body_of_unsaid_length_is_refused(api: Client) -> None:
    response = api.post("/api/echo", content_type=JSON, headers={"Transfer-Encoding": "chunked"})
    told(response, 411, "length_required")


@pytest.mark.parametrize("declared", [JSON, "text/plain", "application/x-www-form-urlencoded", ""])
def test_where_nothing_is_sent_the_missing_fields_are_named(api: Client, declared: str) -> None:
    body = told(api.post("/api/notes", b"", content_type=declared), 400, "invalid_request")
    assert [error["path"] for error in body["errors"]] == ["note"]


@pytest.mark.parametrize("sent", [b"null", b"[]", b'"text"', b"7", b"true"])
def test_what_is_no_object_is_refused(api: Client, sent: bytes) -> None:
    body = told(api.post("/api/notes", sent, content_type=JSON), 400, "invalid_request")
    assert body["errors"] == [{"path": "$", "reason": "must be an object"}]


@pytest.mark.parametrize(
    "sent", [b" ", b"{", b'{"note": "x"} {}', b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"\x1f\x8b\x08"]
)
def test_what_is_no_json_is_refused(api: Client, sent: bytes) -> None:
    told(api.post("/api/notes", sent, content_type=JSON), 400, "invalid_json")


def test_a_field_that_is_not_known_is_refused_by_name(api: Client) -> None:
    sent = b'{"note": "x", "state": "issued", "id": 7}'
    body = told(api.post("/api/notes", sent, content_type=JSON), 400, "invalid_request")
    assert sorted(error["path"] for error in body["errors"]) == ["id", "state"]


def test_a_body_that_breaks_off_is_refused() -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("the line is dead")

    response = served("POST", "/api/echo", Broken(), CONTENT_TYPE=JSON)
    assert (response.status_code, b"ended before it was whole" in response.content) == (400, True)


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "CONNECT", "PROPFIND", "__class__", "dispatch"])
def test_a_method_that_nobody_knows_is_405_and_names_those_that_are(api: Client, method: str) -> None:
    response = api.generic(method, "/api/echo")
    told(response, 405, "method_not_allowed")
    assert response["Allow"] == "POST"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_an_address_that_is_none_is_404_for_every_method(api: Client, method: str) -> None:
    told(api.generic(method, "/api/v1/nothing"), 404, "not_found")


def test_a_method_is_not_overridden(api: Client) -> None:
    response = api.get("/api/echo", headers={"X-HTTP-Method-Override": "POST"})
    told(response, 405, "method_not_allowed")


def test_more_parameters_than_anybody_reads_are_refused(api: Client) -> None:
    told(api.get("/api/permissions?" + "a&" * 13_000), 400, "invalid_request")


def refused(response: Any) -> list[tuple[str, str]]:
    problem = told(response, 400, "invalid_request")
    return [(fault["path"], fault["reason"]) for fault in problem["errors"]]


@pytest.mark.parametrize("method", ["post", "delete"])
def test_what_takes_no_body_refuses_every_field_by_name(api: Client, method: str) -> None:
    call = getattr(api, method)
    sent = call("/api/bell", '{"surprise": 1, "reason": ""}', content_type=JSON)
    assert refused(sent) == [("surprise", "is not a known field"), ("reason", "is not a known field")]
    for body in ("null", "[]", '""', "0", "false"):
        assert refused(call("/api/bell", body, content_type=JSON)) == [("$", "must be an object")]


@pytest.mark.parametrize("method", ["post", "delete"])
def test_what_takes_no_body_is_done_without_one(api: Client, method: str) -> None:
    for body in ("", "{}"):
        answer = getattr(api, method)("/api/bell", body, content_type=JSON)
        assert (answer.status_code, answer.json()) == (200, {"rung": True})
