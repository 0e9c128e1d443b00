"""What a statement freezes of its incidents: how fast they were answered, and how often its components failed."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports import closing
from reports.document import compute
from reports.models import Statement
from slaservice.outages import operations
from slaservice.outages.models import Incident
from tests.factories.accounts import a_contract
from tests.factories.reports import CLOSED, MONTH, a_draft, an_issued, an_outage, april, gather_for

pytestmark = pytest.mark.django_db


def an_incident(external_id: str = "INC-1") -> Incident:
    """Told about since five past noon of 10 April, identified at half past, over at three."""
    incident = operations.open_incident(
        title="Errors",
        started_at=april(10, 12, 5),
        body="We look.",
        external_id=external_id,
        by=None,
        now=april(10, 12, 7),
    )
    for status, hour, minute in (("identified", 12, 30), ("resolved", 15, 0)):
        operations.add_update(
            incident=incident,
            status=status,
            body="So it is.",
            at=april(10, hour, minute),
            by=None,
            now=CLOSED,
        )
    return incident


def frozen(statement: Statement) -> dict[str, Any]:
    (case,) = statement.document["cases"]
    return case


def test_the_times_of_an_incident_are_frozen_with_the_statement() -> None:
    an_outage(incident=an_incident())
    (incident,) = frozen(an_issued())["incidents"]
    assert incident["response"] == {
        "began": "2026-04-10T12:00:00Z",
        "acknowledged": "2026-04-10T12:07:00Z",
        "identified": "2026-04-10T12:30:00Z",
        "mitigated": "2026-04-10T14:00:00Z",
        "resolved": "2026-04-10T15:00:00Z",
    }


def test_the_cause_of_the_windows_is_frozen_and_what_is_noted_of_an_incident_is_not() -> None:
    incident = an_incident()
    an_outage(incident=incident, cause="A switch lost its table.")
    an_outage(april(11, 12), april(11, 13), incident=incident, cause="A switch lost its table.")
    operations.describe_incident(incident=incident, root_cause="Whoever it was.", by=None, now=CLOSED)
    issued = an_issued()
    (told,) = frozen(issued)["incidents"]
    assert told["cause"] == "A switch lost its table."
    assert "Whoever it was" not in issued.body


def test_a_window_without_an_incident_was_told_about_by_nobody() -> None:
    an_outage()
    (incident,) = frozen(a_draft())["incidents"]
    assert incident["response"] == {
        "began": "2026-04-10T12:00:00Z",
        "acknowledged": None,
        "identified": None,
        "mitigated": "2026-04-10T14:00:00Z",
        "resolved": None,
    }


def test_incidents_of_two_sources_with_one_id_are_two() -> None:
    for source, title, day in (("page", "DNS", 3), ("monitor", "Disk", 9)):
        incident = Incident.objects.create(
            source=source,
            external_id="77",
            title=title,
            started_at=april(day, 1),
            payload_sha256="0" * 64,
        )
        for hour in (1, 3):
            an_outage(april(day, hour), april(day, hour + 1), incident=incident)
    found = frozen(a_draft())["incidents"]
    assert [(one["reference"], one["title"], len(one["windows"])) for one in found] == [
        ("77", "DNS", 2),
        ("77", "Disk", 2),
    ]
    assert [(one["start"], one["end"]) for one in found] == [
        ("2026-04-03T01:00:00Z", "2026-04-03T04:00:00Z"),
        ("2026-04-09T01:00:00Z", "2026-04-09T04:00:00Z"),
    ]


def test_mttr_and_mtbf_are_frozen_for_each_component() -> None:
    """Two hours and, after an hour's overlap, one more: 3 h; and 1 h: MTTR 2 h, MTBF (720 − 4) / 2 = 358 h."""
    an_outage()
    an_outage(april(10, 13), april(10, 15))
    an_outage(april(20, 1), april(20, 2))
    assert frozen(a_draft())["reliability"] == [
        {"component": "api", "failures": 2, "restored": 2, "mttr_seconds": "7200", "mtbf_seconds": "1288800"}
    ]


def test_what_weighs_nothing_by_the_terms_is_no_failure() -> None:
    an_outage(severity="degraded_performance")
    (found,) = frozen(a_draft())["reliability"]
    assert found == {
        "component": "api", "failures": 0, "restored": 0, "mttr_seconds": None, "mtbf_seconds": None
    }  # fmt: skip


def test_what_is_still_open_is_a_failure_without_a_length() -> None:
    """April ends at 22:00 UTC in Berlin, after 29 days and 14 hours without an outage."""
    next_morning = april(30) + timedelta(hours=32)
    an_outage(april(30, 12), still_open=True, now=next_morning)
    (found,) = frozen(a_draft(now=next_morning))["reliability"]
    assert (found["failures"], found["restored"], found["mttr_seconds"]) == (1, 0, None)
    assert found["mtbf_seconds"] == str(29 * 86_400 + 14 * 3600)


def test_a_failure_over_the_edge_is_the_month_s_in_which_it_begins() -> None:
    """Three hours over the end of April in Berlin, and two over its start, an hour of each within."""
    an_outage(april(30, 21), april(30, 21) + timedelta(hours=3))
    an_outage(april(1) - timedelta(hours=3), april(1) - timedelta(hours=1))
    (found,) = frozen(a_draft())["reliability"]
    assert (found["failures"], found["mttr_seconds"]) == (1, "10800")
    assert found["mtbf_seconds"] == str(720 * 3600 - 2 * 3600)


def test_updates_cost_one_query_however_many_incidents_there_are() -> None:
    contract = a_contract()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            (gathered,) = gather_for(month=MONTH, contracts=[contract.pk], now=CLOSED)
            compute(gathered)
        return len(captured)

    an_outage(incident=an_incident())
    one = queries()
    for day in range(11, 21):
        an_outage(april(day), april(day, 1), incident=an_incident(f"INC-{day}"))
    assert queries() == one


def test_a_later_word_about_an_incident_is_found_by_the_next_close() -> None:
    incident = an_incident()
    an_outage(incident=incident)
    contract = a_contract()
    issued = an_issued(contract)
    operations.add_update(
        incident=incident, status="monitoring", body="Again.", at=april(10, 16), by=None, now=CLOSED
    )
    revised = a_draft(contract, now=CLOSED + timedelta(days=1))
    assert revised.supersedes == issued
    assert frozen(revised)["incidents"][0]["response"]["resolved"] is None
    assert revised.credit_minor == issued.credit_minor


def test_what_operators_say_of_an_incident_drafts_nothing_anew() -> None:
    incident = an_incident()
    an_outage(incident=incident)
    contract = a_contract()
    an_issued(contract)
    operations.describe_incident(incident=incident, root_cause="A disk", by=None, now=CLOSED)
    operations.add_update(incident=incident, status="postmortem", body="Learnt.", by=None, now=CLOSED)
    result = closing.close_chunk(month=MONTH, contracts=[contract.pk], now=CLOSED + timedelta(days=1))
    assert result.unchanged == [contract.number]
