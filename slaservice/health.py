"""/healthz: this process answers. /readyz: it can work (database, its migrations, Redis where there is one).

A middleware in front of the others, because a probe calls by IP address and plain HTTP: no host check, no
redirect to HTTPS, no session. The answer names what is wanting and nothing else; the reason goes to the log.
"""

import logging
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

log = logging.getLogger(__name__)


def database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def migrations() -> str:
    executor = MigrationExecutor(connection)
    owed = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(owed)} migrations are not applied" if owed else ""


def broker() -> str:
    if settings.REDIS_URL:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
            client.ping()
    return ""


CHECKS: dict[str, Callable[[], str]] = {"database": database, "migrations": migrations, "redis": broker}


def readiness() -> dict[str, bool]:
    """Each check by name: True when good. A check says what is wrong, or raises."""
    result = {}
    for name, check in CHECKS.items():
        try:
            complaint = check()
        except Exception as error:  # noqa: BLE001 - whatever it is, this process is not ready
            complaint = f"{type(error).__name__}: {error}"
        if complaint:
            log.warning("not ready: %s: %s", name, complaint)
        result[name] = not complaint
    return result


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return JsonResponse({"alive": True})
        if request.path == "/readyz":
            checks = readiness()
            ready = all(checks.values())
            return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)
        return self.get_response(request)
