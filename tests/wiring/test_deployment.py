"""docker-compose.yml, the Dockerfile and the locks say what settings and set-up need. No engine runs here."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.wiring.test_start import PRODUCTION

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = ("migrate", "web", "worker", "documents", "signatures", "webhooks", "beat")
LOCKS = ("requirements.lock", "requirements-signing.lock", "requirements-dev.lock")
LIBRARIES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")


@pytest.mark.parametrize("service", OURS)
def test_a_service_is_given_everything_that_production_must_have(service: str) -> None:
    given = COMPOSE["services"][service]["environment"]
    assert [name for name in PRODUCTION if given.get(name) != f"${{{name}:?}}"] == []


def test_no_secret_has_a_default_in_the_compose_file() -> None:
    defaults = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", (ROOT / "docker-compose.yml").read_text()))
    assert set(defaults) == {
        "API_FAILED_KEYS_LIMIT", "API_KEY_PEPPER_FALLBACKS", "API_RATE_LIMIT", "BEHIND_PROXY", "DEBUG",
        "FETCH_PRIVATE_HOSTS", "HOOK_SECRETS", "LEDGER_ACCOUNTS", "PUBLISH", "REQUIREMENTS",
        "SECRET_KEY_FALLBACKS", "SIGNING_CERTIFICATES", "SIGNING_CHAIN", "SIGNING_KEY", "SIGNING_PASSPHRASE",
        "SLASERVICE_VERSION", "TIMESTAMP_URL", "VENDOR_COLOUR", "VENDOR_FOOTER", "VENDOR_LANGUAGE",
        "VENDOR_LOGO", "VENDOR_TIME_ZONE", "WEBHOOK_PRIVATE_HOSTS",
    }  # fmt: skip
    secrets = (
        "SECRET_KEY_FALLBACKS", "API_KEY_PEPPER_FALLBACKS", "HOOK_SECRETS", "SIGNING_KEY", "SIGNING_PASSPHRASE",
    )  # fmt: skip
    assert [defaults[name] for name in secrets] == [""] * 5
    assert defaults["DEBUG"] == "false"


def test_every_queue_has_a_worker() -> None:
    from slaservice.celery import app

    commands = [COMPOSE["services"][service].get("command", "") for service in OURS]
    served = {queue for command in commands for queue in re.findall(r"--queues (\S+)", command)}
    assert served == {queue.name for queue in app.conf.task_queues}


def test_nothing_starts_before_the_migrations_are_done() -> None:
    for service in OURS[1:]:
        assert COMPOSE["services"][service]["depends_on"]["migrate"] == {
            "condition": "service_completed_successfully"
        }


def test_the_database_and_the_broker_are_reachable_from_inside_only() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for service in ("postgres", "redis"):
        assert COMPOSE["services"][service]["networks"] == ["inside"]
        assert "ports" not in COMPOSE["services"][service]


def test_the_image_has_the_libraries_that_set_up_installs() -> None:
    for file in ("Dockerfile", ".ci/setup"):
        assert [name for name in LIBRARIES if name not in (ROOT / file).read_text()] == []


def test_production_and_development_lock_the_same_versions_by_hash() -> None:
    production, signing, development = (_pins(name) for name in LOCKS)
    assert production.items() < signing.items() < development.items()
    for name in LOCKS:
        lock = (ROOT / name).read_text()
        assert lock.count("==") <= lock.count("--hash=sha256:")
        assert "://" not in lock


def _pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+(?:\[[\w,]+\])?)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


def test_what_the_project_asks_for_is_what_is_locked() -> None:
    import tomllib

    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    pins = {re.sub(r"\[.*\]", "", name) for name in _pins("requirements.lock")}
    assert [line for line in asked if re.match(r"[\w-]+", line)[0] not in pins] == []  # type: ignore[index]
