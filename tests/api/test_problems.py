"""A refusal is a problem with a stable code, the field at fault and what to do; and it tells nothing else."""

import pytest
from django.test import Client

from tests.api.told import same_but_for_its_id, told

pytestmark = pytest.mark.urls("tests.api.views")


@pytest.fixture
def api() -> Client:
    return Client(raise_request_exception=False)


def test_a_refusal_is_a_conflict_with_its_own_code_and_sentence(api: Client) -> None:
    body = told(api.get("/api/raise/refusal"), 409, "window_ends_before_it_starts")
    assert body["detail"] == "The outage must end after it starts."
    assert body["title"] == "Conflict"


def test_what_a_role_forbids_is_forbidden(api: Client) -> None:
    told(api.get("/api/raise/not_permitted"), 403, "not_permitted")


def test_an_invalid_document_names_every_field(api: Client) -> None:
    body = told(api.get("/api/raise/invalid"), 400, "invalid_document")
    assert body["errors"] == [
        {"path": "terms.cap.value", "reason": "is required"},
        {"path": "fee", "reason": "is no amount"},
    ]
    assert body["remedy"]


def test_a_serializers_errors_have_flat_paths(api: Client) -> None:
    body = told(api.get("/api/raise/serializer"), 400, "invalid_request")
    assert body["errors"] == [
        {"path": "end", "reason": "is required"},
        {"path": "tiers[1].code", "reason": "is unknown"},
    ]


def test_what_is_not_there_and_what_is_not_an_address_read_alike(api: Client) -> None:
    hidden = api.get("/api/raise/missing")
    told(hidden, 404, "not_found")
    for address in ("/api/raise/told", "/api/nothing", "/api/", "/api/raise/a/b"):
        random = api.get(address)
        assert (random.status_code, same_but_for_its_id(random)) == (404, same_but_for_its_id(hidden))
    assert b"st_somebody" not in hidden.content


@pytest.mark.parametrize("address", ["/api/raise/%00", "/api/raise/missing%00", "/api/raise/%1b%5b"])
def test_a_control_character_in_an_address_finds_nothing(api: Client, address: str) -> None:
    told(api.get(address), 404, "not_found")


def test_a_missing_key_is_401_and_says_how_to_send_one(api: Client) -> None:
    response = api.get("/api/locked")
    body = told(response, 401, "key_missing")
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert "Authorization: Bearer" in body["remedy"]


def test_too_many_requests_say_how_long_to_wait(api: Client) -> None:
    response = api.get("/api/raise/throttled")
    told(response, 429, "too_many_requests")
    assert response["Retry-After"] == "17"


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options", "trace"])
def test_a_method_that_is_not_there_is_405_and_names_those_that_are(api: Client, method: str) -> None:
    response = getattr(api, method)("/api/echo")
    told(response, 405, "method_not_allowed")
    assert response["Allow"] == "POST"


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data; boundary=x"],
)
def test_only_json_is_taken(api: Client, media_type: str) -> None:
    told(api.post("/api/echo", b"a=1", content_type=media_type), 415, "media_type_not_supported")


@pytest.mark.parametrize("accept", ["text/html", "application/pdf", "application/json;version=9", "nonsense"])
def test_an_address_has_one_form_whatever_is_accepted(api: Client, accept: str) -> None:
    response = api.post("/api/echo", b"{}", content_type="application/json", headers={"Accept": accept})
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")


def test_a_body_is_read_strictly(api: Client) -> None:
    answer = api.post("/api/echo", b'{"fee": "1250.00"}', content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {"fee": "1250.00"})
    body = told(
        api.post("/api/echo", b'{"fee": 1250.0}', content_type="application/json"), 400, "invalid_json"
    )
    assert 'write amounts and fractions as text, like "99.9"' in body["errors"][0]["reason"]


def test_a_body_over_a_megabyte_is_413(api: Client) -> None:
    told(api.post("/api/echo", b" " * 1_000_001, content_type="application/json"), 413, "body_too_large")


@pytest.mark.parametrize("query", ["?page=2", "?a=1&b=2", "?%00=1", "?limit%5B%5D=1"])
def test_a_parameter_that_is_not_known_is_refused_by_name(api: Client, query: str) -> None:
    body = told(api.get("/api/permissions" + query), 400, "invalid_request")
    assert "is not a parameter of this address" in body["errors"][0]["reason"]


@pytest.mark.parametrize("query", ["?limit=1&limit=2", "?name=%00", "?name=a%1b", "?cursor=%00"])
def test_a_parameter_twice_or_with_a_control_character_is_refused(api: Client, query: str) -> None:
    assert told(api.get("/api/permissions" + query), 400, "invalid_request")["errors"]


def test_what_nobody_foresaw_tells_nothing(api: Client) -> None:
    response = api.get("/api/raise/unforeseen")
    told(response, 500, "internal_error")
    assert b"secret" not in response.content


def test_every_answer_is_private(api: Client) -> None:
    response = api.post("/api/echo", b"{}", content_type="application/json")
    assert response["Cache-Control"] == "private, no-store"
    assert "Authorization" in response["Vary"]
