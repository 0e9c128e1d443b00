"""How an installation starts: what must be given, what a laptop makes for itself, what the settings come to."""

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from slaservice.environment import kept_secret
from tests.factories.signing import a_pair

ROOT = Path(__file__).parents[2]
PRODUCTION = {
    "SECRET_KEY": "s" * 60,
    "API_KEY_PEPPER": "p" * 60,
    "WEBHOOK_SECRET": "w" * 60,
    "DATABASE_URL": "postgresql://somebody:p%40ss@db.example.com:6432/ledger",
    "SITE_URL": "https://sla.example.com",
    "VENDOR_NAME": "Vendor",
    "VENDOR_ADDRESS": "1 Street\\n12345 Town",
    "VENDOR_CONTACT": "sla@example.com",
    "EMAIL_URL": "smtp://localhost:25",
    "MAIL_FROM": "sla@example.com",
}


def start(*names: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """A fresh process that reads the settings with only this in its environment and prints the named ones."""
    listed = f"[getattr(settings, name) for name in {names}]"
    code = f"import json; from slaservice import settings; print(json.dumps({listed}, default=str))"
    command = [sys.executable, "-W", "error", "-c", code]
    clean = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run(command, env=clean, cwd=ROOT, capture_output=True, text=True, check=False)


def value(name: str, **environment: str) -> object:
    started = start(name, **environment)
    assert started.returncode == 0, started.stderr
    return json.loads(started.stdout)[0]


def test_a_start_in_production_names_everything_that_is_missing() -> None:
    started = start(LOCAL="false")
    assert started.returncode != 0
    last = started.stderr.strip().splitlines()[-1]
    assert [name for name in PRODUCTION if name not in last] == []


@pytest.mark.parametrize("name", PRODUCTION)
def test_nothing_that_production_needs_has_a_default(name: str) -> None:
    started = start(**PRODUCTION | {name: "", "LOCAL": "false"})
    assert started.returncode != 0
    assert f"Missing in the environment: {name}." in started.stderr


def test_a_database_url_alone_makes_it_production(tmp_path: Path) -> None:
    started = start(DATABASE_URL=PRODUCTION["DATABASE_URL"], VAR_DIR=str(tmp_path))
    assert "SECRET_KEY" in started.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    given = {name: text for name, text in PRODUCTION.items() if name != "SECRET_KEY"}
    assert value("SECRET_KEY", **given, SECRET_KEY_FILE=str(tmp_path / "secret")) == "from the file"


def test_a_secret_may_start_with_a_dollar_sign() -> None:
    assert value("API_KEY_PEPPER", **PRODUCTION | {"API_KEY_PEPPER": "$PATH"}) == "$PATH"


def test_an_address_has_lines() -> None:
    assert value("VENDOR_ADDRESS", **PRODUCTION) == "1 Street\n12345 Town"


def test_a_key_to_sign_with_wants_certificates_and_what_is_none_is_said_by_name() -> None:
    started = start(**PRODUCTION, SIGNING_KEY="-----BEGIN PRIVATE KEY-----")
    assert "Missing in the environment: SIGNING_CERTIFICATES." in started.stderr
    for name in ("SIGNING_CERTIFICATES", "SIGNING_CHAIN"):
        started = start(**PRODUCTION | {name: "/run/secrets/certificate.pem"})
        assert f"{name}: has no certificate" in started.stderr
    assert value("SIGNING_CERTIFICATES", **PRODUCTION) == []


def test_certificates_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "certificates.pem").write_text(a_pair().certificate + a_pair("second").certificate)
    found = value(
        "SIGNING_CERTIFICATES", **PRODUCTION, SIGNING_CERTIFICATES_FILE=str(tmp_path / "certificates.pem")
    )
    assert isinstance(found, list) and len(found) == 2


def test_a_laptop_needs_nothing_and_keeps_its_secrets_to_itself(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as together:
        found = set(together.map(lambda _: value("SECRET_KEY", VAR_DIR=str(tmp_path)), range(4)))
    assert len(found) == 1
    assert value("API_KEY_PEPPER", VAR_DIR=str(tmp_path)) not in found
    assert {path.name for path in tmp_path.iterdir()} == {"secret_key", "api_key_pepper", "webhook_secret"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_of_two_processes_that_start_at_once_one_makes_the_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def beaten(length: int) -> str:
        (tmp_path / "secret").write_text("the other's")
        return "mine"

    monkeypatch.setattr("secrets.token_urlsafe", beaten)
    assert kept_secret(tmp_path / "secret") == "the other's"
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_debugging_is_off_unless_asked_for(tmp_path: Path) -> None:
    assert value("DEBUG", VAR_DIR=str(tmp_path)) is False


def test_a_site_on_https_sends_its_cookies_nowhere_else() -> None:
    names = ("SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    assert json.loads(start(*names, **PRODUCTION).stdout) == ["__Host-session", True, True, True]
    assert value("SECURE_HSTS_SECONDS", **PRODUCTION) == 31_536_000
    assert value("ALLOWED_HOSTS", **PRODUCTION) == ["sla.example.com"]


def test_a_proxys_word_counts_only_where_there_is_one() -> None:
    code = "import slaservice.settings as s; print(hasattr(s, 'SECURE_PROXY_SSL_HEADER'))"
    for behind, expected in (("", "False"), ("true", "True")):
        given = {**PRODUCTION, "PATH": os.environ["PATH"], **({"BEHIND_PROXY": behind} if behind else {})}
        run = subprocess.run(
            [sys.executable, "-c", code], env=given, cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert run.stdout.strip() == expected


def test_the_database_of_production_has_limits_and_checks_its_connections() -> None:
    database = value("DATABASES", **PRODUCTION)
    assert isinstance(database, dict)
    default = database["default"]
    assert (default["HOST"], default["PORT"], default["USER"], default["PASSWORD"]) == (
        "db.example.com", 6432, "somebody", "p@ss",
    )  # fmt: skip
    assert default["CONN_HEALTH_CHECKS"]
    for limit in ("lock_timeout=5s", "statement_timeout=60s", "idle_in_transaction_session_timeout=60s"):
        assert limit in default["OPTIONS"]["options"]
