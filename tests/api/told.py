"""What problems have in common."""

from typing import Any


def told(response: Any, status: int, code: str) -> dict[str, Any]:
    """The problem, after what all problems have in common was checked."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "private, no-store"
    assert "Authorization" in response["Vary"]
    body: dict[str, Any] = response.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, "about:blank")
    assert body["request_id"] == response["Request-Id"]
    return body


def same_but_for_its_id(response: Any) -> bytes:
    """A problem's bytes with the request's id blotted out: what two callers may compare."""
    content: bytes = response.content
    return content.replace(response["Request-Id"].encode(), b"rq_")
