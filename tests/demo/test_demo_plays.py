"""The demonstration from feed to issued statements: complete, the same to the byte on every database, and right."""

import json
import os
from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from reports import tasks
from reports.demo import readings
from reports.demo.play import play
from reports.models import ServiceCredit, Statement, StatementLine
from slaservice.outages.models import OutageWindow

DIGESTS = Path(__file__).parent / "digests.json"
"""`content_digest` of every statement. After a change that is meant: WRITE_DIGESTS=1 writes it anew, for git to show."""


def silently(items: Iterable[Any], what: str, total: int) -> Iterable[Any]:
    return items


@pytest.fixture
def played(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Plays the demonstration without making the PDFs; returns how to play it again."""
    monkeypatch.setattr(tasks, "make_document", lambda statement: None)

    def again() -> None:
        with override_settings(VAR_DIR=tmp_path):
            play(say=lambda _: None, track=silently)

    again()
    return again


def digests_found() -> dict[str, str]:
    return {
        f"{statement.contract.number} {statement.month} r{statement.revision}": statement.content_digest
        for statement in Statement.objects.select_related("contract").order_by("contract__number", "month")
    }


def everything() -> list[Any]:
    tables = (Statement, StatementLine, ServiceCredit, OutageWindow)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_the_demonstration(played: Any) -> None:
    """One test, because it takes seconds to play: what follows are its parts."""
    nothing_is_left_undecided()
    the_documents_are_the_same_on_every_database()
    downtime_is_right_by_an_independent_count()
    there_is_something_of_everything()
    before = everything()
    played()
    assert everything() == before


def nothing_is_left_undecided() -> None:
    assert not OutageWindow.objects.filter(state="proposed").exists()
    assert not Statement.objects.exclude(state="issued").exists()
    assert [
        str(number) for number in Statement.objects.order_by("number").values_list("number", flat=True)
    ] == [f"SLA-2026-{number:05}" for number in range(1, Statement.objects.count() + 1)]


def the_documents_are_the_same_on_every_database() -> None:
    if os.environ.get("WRITE_DIGESTS"):
        DIGESTS.write_text(json.dumps(digests_found(), indent=1) + "\n")
    assert digests_found() == json.loads(DIGESTS.read_text())


def downtime_is_right_by_an_independent_count() -> None:
    """Every case of one component without exclusions, minimum or grid, against the count of reports/demo/readings.py."""
    customers, feed, decisions = (
        readings.load(name) for name in ("customers.json", "feed.json", "decisions.json")
    )
    windows = readings.confirmed(feed, decisions, readings.codes(customers))
    counted = 0
    for statement in Statement.objects.all():
        for case in statement.document["cases"]:
            terms, result = case["terms"], case["expected"]
            (component, *others) = terms["components"]["names"]
            weights = terms["signal"]["severity_weight"]
            plain = (
                not (others or terms["shape"]["min_run"] or terms["service_hours"])
                and weights["major_outage"] == "1"
            )
            if not plain or result["excluded_seconds"] != "0" or weights["degraded_performance"] != "0":
                continue
            start, end = (datetime.fromisoformat(result[name]) for name in ("period_start", "period_end"))
            since = case["input"]["service_start"]
            partial = Fraction(weights["partial_outage"])
            start = max(start, datetime.fromisoformat(since)) if since else start
            assert Fraction(result["downtime_seconds"]) == readings.downtime(
                windows, component, start, end, partial
            )
            counted += 1
    assert counted >= 9


def there_is_something_of_everything() -> None:
    lines = StatementLine.objects.all()
    assert lines.filter(met=True).exists()
    assert lines.filter(met=False, credit_minor__gt=0).exists()
    assert lines.filter(met=False, credit_minor=0).exists()
    assert any(case["expected"]["capped"] for s in Statement.objects.all() for case in s.document["cases"])
    assert len(set(Statement.objects.values_list("currency", flat=True))) >= 6
