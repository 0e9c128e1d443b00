"""A hostile corpus over every field, parameter and address of the operators' API: refused by name or stored, never a 5xx."""

import json
from typing import Any

import pytest

from slaservice.outages.importers.entries import IDENTITY, MAINTENANCE, OUTAGE, REQUEST_COUNT
from slaservice.outages.models import OutageWindow
from tests.factories.outages import a_component, a_planned_maintenance, a_tier, a_window
from tests.factories.programs import Program, a_maintenance_entry, an_outage_entry

pytestmark = pytest.mark.django_db

VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**63 - 1, -(10**17), "", " ", "0", "null", "*", "\u0000", "a\u0000b", "\ud800",
    "\u202e\u2066", "\ufeff", "e\u0301" * 50, "\U0001f469\u200d\U0001f4bb" * 30, "x" * 100_000, "=cmd|'/c calc'!A0",
    "'; DROP TABLE x; --",
    "{{7*7}}", "{0.__class__}", "%s%n", "../../etc/passwd", "<script>alert(1)</script>", "javascript:alert(1)", "http://\u0000",
    "https://" + "a" * 5000, "NaN", "Infinity", "-0", "1e400", "１２", "٣", "2026-04-10T12:00:00+99:99", "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59.999999Z", "infinity", "now()", [], [[]], [None], [{}], ["enterprise"] * 5000, {},
    {"$ne": None}, {"a": {"b": []}},
]  # fmt: skip

BODIES: list[bytes] = [
    b"", b" ", b"null", b"[]", b"0", b'""', b"true", b"{", b"[" * 20_000, b'{"a":' * 20_000, b"\xff\xfe", b"\xef\xbb\xbf{}",
    b'{"component": "api", "component": "web"}', b'{"affected_count": NaN}', b'{"affected_count": 1e400}',
    b'{"affected_count": 1.0}',
    b'{"affected_count": ' + b"9" * 5000 + b"}", b'{"note": "\\u0000"}',
    b'{"note": "\\ud800"}', b'{"' + b"a" * 900_000 + b'": 1}',
    b'{"\\u0000": 1}', b" " * 1_000_001, b'{"rows": ' + b"[" * 31 + b"]" * 31 + b"}",
]  # fmt: skip


@pytest.fixture(autouse=True)
def codes() -> None:
    a_component()
    a_tier()


def refused_or_done(response: Any) -> None:
    assert response.status_code in {200, 201, 400, 404, 405, 409, 413}, (
        response.status_code,
        response.content,
    )
    if response.status_code >= 400:
        problem = response.json()
        assert problem["code"] != "internal_error"
        assert problem["status"] == response.status_code


@pytest.mark.parametrize("name", [*OUTAGE, *IDENTITY, "reason", "unheard_of"])
def test_every_field_of_an_outage(name: str) -> None:
    program, row = Program(), a_window()
    for value in VALUES:
        body = an_outage_entry(source="m", external_id="1") | {name: value}
        refused_or_done(program.post("outages", _bytes(body)))
        OutageWindow.objects.filter(state="proposed").delete()
        for verb in ("confirm", "correct", "withdraw") if name == "reason" else ("correct",):
            refused_or_done(program.post(f"outages/{row.pk}/{verb}", _bytes({"reason": ""} | {name: value})))


@pytest.mark.parametrize("name", [*MAINTENANCE, *IDENTITY, "unheard_of"])
def test_every_field_of_maintenance(name: str) -> None:
    program, row = Program(), a_planned_maintenance()
    for value in VALUES:
        refused_or_done(program.post("maintenance", _bytes(a_maintenance_entry() | {name: value})))
        refused_or_done(program.post(f"maintenance/{row.pk}/correct", _bytes({"reason": ""} | {name: value})))


@pytest.mark.parametrize("name", [*REQUEST_COUNT, "source", "reason", "rows", "unheard_of"])
def test_every_field_of_request_counts(name: str) -> None:
    program = Program()
    row = {
        "component": "api",
        "tier": "enterprise",
        "start": "2026-04-10T12:00:00Z",
        "seconds": 60,
        "total": 5,
        "failed": 1,
    }
    for value in VALUES:
        body: dict[str, Any] = {"source": "gateway", "rows": [dict(row)]}
        (body["rows"][0] if name in row else body)[name] = value
        refused_or_done(program.post("request-counts", _bytes(body)))


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:20]))
def test_every_body(body: bytes) -> None:
    program, row = Program(), a_window()
    for address in ("outages", "request-counts", f"outages/{row.pk}/correct"):
        response = program.post(address, body)
        refused_or_done(response)
        assert response.status_code in {400, 409, 413}, response.content
    row.refresh_from_db()
    assert row.state == "confirmed"


@pytest.mark.parametrize(
    "name",
    "state component tier source external_id reference from until known_at cursor limit".split(),
)
def test_every_parameter(name: str) -> None:
    program = Program()
    for value in VALUES:
        text = str(value)[:3000].encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        refused_or_done(program.get("outages", **{name: text}))


@pytest.mark.parametrize(
    "part",
    ["0", "-1", "x", "%00", "1%00", "%2e%2e", "٣", "１", "1e3", "9" * 400, "ü" * 50, "%ff", "a/b", "api%0a"],
)
@pytest.mark.parametrize(
    "address", ["outages/{}", "outages/{}/confirm", "maintenance/{}/withdraw", "components/{}", "tiers/{}"]
)
def test_every_address(address: str, part: str) -> None:
    program = Program()
    call = program.post if address.count("/") == 2 else program.get
    response = call(address.format(part))
    assert response.status_code == 404, (response.status_code, response.content)


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
)
def test_only_json_is_taken(media_type: str) -> None:
    response = Program().client.post(
        "/api/v1/recording/outages", b"a=1", content_type=media_type, headers={"Idempotency-Key": "k"}
    )
    assert (response.status_code, response.json()["code"]) == (415, "media_type_not_supported")


def _bytes(body: Any) -> bytes:
    """As a program would send it that escapes everything, lone surrogates and all."""
    return json.dumps(body).encode()
