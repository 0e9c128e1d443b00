"""A client that nobody here wrote: generated from the schema that a running server gives, and used against it."""

import importlib
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from accounts.models import SCOPES
from reports.models import Claim
from slaservice.rules.documents import digest
from tests.api.outside.calling import Outsider
from tests.api.outside.world import a_world
from tests.factories.accounts import a_key
from tests.processes import _environment
from tests.servers import ROOT, a_free_port, eventually

BYTES = dict.fromkeys(("application/pdf", "text/csv"), "application/octet-stream")
"""Media types that the generator does not know, and should hand over as they are."""

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a gunicorn with two workers on the test's own database."""
    address = f"127.0.0.1:{a_free_port()}"
    command = [sys.executable, "-m", "gunicorn", "slaservice.wsgi", "--bind", address, "--no-control-socket"]
    command += ["--workers", "2", "--preload", "--timeout", "300", "--graceful-timeout", "5"]
    log = tmp_path / "gunicorn.log"
    url = f"http://{address}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**_environment(), "SITE_URL": url, "API_RATE_LIMIT": "0"},
            stdout=output,
            stderr=output,
        )
    try:
        eventually(lambda: _lives(url), within=180, otherwise=log.read_text)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=60)


def _lives(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
        return bool(answer.status == 200)
    return False


@pytest.fixture
def client(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The package that openapi-python-client makes of what the server gives."""
    schema = tmp_path / "openapi.json"
    with urllib.request.urlopen(f"{server}/api/v1/openapi.json", timeout=60) as answer:
        schema.write_bytes(answer.read())
    assert json.loads(schema.read_text())["servers"] == [{"url": server}]
    quiet = tmp_path / "config.json"
    quiet.write_text(json.dumps({"post_hooks": [], "content_type_overrides": BYTES}))
    made = subprocess.run(
        [
            sys.executable, "-m", "openapi_python_client", "generate", "--path", str(schema), "--meta", "none",
            "--output-path", str(tmp_path / "made" / "generated_client"), "--config", str(quiet), "--fail-on-warning",
        ],
        cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    monkeypatch.syspath_prepend(tmp_path / "made")
    yield importlib.import_module("generated_client")
    for name in [name for name in sys.modules if name.startswith("generated_client")]:
        del sys.modules[name]


def operation(tag: str, name: str) -> Any:
    return importlib.import_module(f"generated_client.api.{tag}.{name}")


def test_a_generated_client_lists_pages_downloads_claims_and_verifies(
    client: ModuleType, server: str
) -> None:
    world = a_world()
    key = a_key(world.customer, scopes=tuple(SCOPES))[1]
    caller = client.AuthenticatedClient(base_url=server, token=key, raise_on_unexpected_status=True)
    shown = _pages(caller, world.own)
    _downloads(caller, shown)
    _claims(caller)
    _verifies(caller, client.Client(base_url=server), shown)


def _pages(caller: Any, own: Outsider) -> list[Any]:
    """Lists one by one, following `next` as it is, to the end."""
    lists = operation("statements", "list_statements")
    rows: list[Any] = []
    page = lists.sync(client=caller, limit=1)
    while True:
        rows += page.results
        if page.next_ is None:
            break
        answer = caller.get_httpx_client().get(page.next_)
        page = type(page).from_dict(answer.json())
    listed = own.send("GET", "/api/v1/statements").json()["results"]
    assert [row.id for row in rows] == [row["id"] for row in listed] and len(rows) > 2
    assert rows[0].credit.owed == listed[0]["credit"]["owed"]
    detail = operation("statements", "show_statement").sync(rows[0].id, client=caller)
    assert detail.number == rows[0].number
    return rows


def _downloads(caller: Any, shown: list[Any]) -> None:
    pdf = operation("statements", "fetch_statement_pdf").sync_detailed(shown[0].id, client=caller)
    assert pdf.parsed.payload.read().startswith(b"%PDF-")
    csv = operation("statements", "fetch_statement_csv").sync(shown[0].id, client=caller)
    assert len(csv.payload.read().splitlines()) > 1
    document = operation("statements", "fetch_statement_document").sync(shown[0].id, client=caller)
    assert digest(document.to_dict()) == shown[0].digest


def _claims(caller: Any) -> None:
    own = operation("credits_", "list_credits").sync(client=caller)
    claimable = next(one for one in own.results if one.state == "claimable")
    models = importlib.import_module("generated_client.models")
    before = Claim.objects.count()
    for _ in range(2):
        filed = operation("claims", "file_claim").sync(
            client=caller,
            body=models.NewClaim(statement=claimable.statement.number, text="Down on 10 April"),
            idempotency_key="claim-1",
        )
    assert Claim.objects.count() == before + 1
    assert filed.statement.id == claimable.statement.id


def _verifies(caller: Any, nobody: Any, shown: list[Any]) -> None:
    for one, current in ((shown[0], True), (next(row for row in shown if row.superseded_by), False)):
        told = operation("verify", "verify_digest").sync(one.digest, client=nobody)
        assert (told.ours, told.current) == (True, current)
    nothing = operation("verify", "verify_digest").sync(sha256(b"").hexdigest(), client=nobody)
    assert nothing.ours is False
