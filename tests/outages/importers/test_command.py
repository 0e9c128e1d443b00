"""`manage.py import_statuspage FILE`: says what it did, changes nothing twice, and nothing at all in a dry run."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from slaservice.outages import operations
from slaservice.outages.importers.statuspage import writing
from slaservice.outages.models import FeedComponent, Incident, OutageWindow
from tests.factories.outages import a_feed, a_mapping, a_tier, an_outage_in_the_feed
from tests.lying_page import lying_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    file = tmp_path / "incidents.json"
    file.write_text(json.dumps(a_feed(an_outage_in_the_feed())), encoding="utf-8")
    return file


def told(*arguments: Any) -> str:
    output = StringIO()
    call_command("import_statuspage", *map(str, arguments), stdout=output)
    return " ".join(output.getvalue().split())


def test_a_file_is_imported_and_what_came_of_it_is_told(feed: Path) -> None:
    a_tier()
    a_mapping("c1", "api", source="page")
    said = told(feed, "--source", "page")
    assert "incidents new 1" in said
    assert "windows proposed 1" in said
    assert OutageWindow.objects.get().source == "page"
    assert "windows proposed 0" in told(feed, "--source", "page")


def test_questions_are_told(feed: Path) -> None:
    a_tier()
    assert "? Name of c1 (c1) of statuspage means no component here yet" in told(feed)


def test_a_dry_run_tells_what_would_be_and_changes_nothing(feed: Path) -> None:
    a_tier()
    said = told(feed, "--dry-run")
    assert "Dry run: nothing was changed." in said
    assert "incidents new 1" in said
    assert not Incident.objects.exists()
    assert not FeedComponent.objects.exists()


def test_a_dry_run_shows_each_change_in_a_line(feed: Path) -> None:
    a_tier()
    a_mapping("c1", "api")
    said = told(feed, "--dry-run")
    assert "+ incident inc1: Elevated errors" in said
    assert "+ inc1/api/1: api partial_outage, 2026-04-10 12:00:00 to 2026-04-10 13:00:00 UTC" in said
    told(feed)
    confirmed = operations.confirm(window=OutageWindow.objects.get(), by=None, now=timezone.now())
    feed.write_text(feed.read_text().replace("13:00:00", "13:10:00"))
    said = told(feed, "--dry-run")
    assert "~ incident inc1" in said
    assert (
        f"~ {confirmed.reference}@2: api correction, 2026-04-10 12:00:00 to 2026-04-10 13:10:00 UTC" in said
    )
    assert OutageWindow.objects.count() == 1


def test_a_page_and_one_of_its_documents_are_read_from_the_network() -> None:
    a_tier()
    with lying_page() as page, override_settings(FETCH_PRIVATE_HOSTS=["127.0.0.1"]):
        page.shows("/api/v2/incidents.json", a_feed(an_outage_in_the_feed("one")))
        page.shows("/api/v2/scheduled-maintenances.json", {"scheduled_maintenances": []})
        page.shows("/two.json", a_feed(an_outage_in_the_feed("two")))
        assert "incidents new 1" in told(page.url, "--dry-run")
        assert not Incident.objects.exists()
        assert "incidents new 1" in told(f"{page.url}/")
        assert "incidents new 1" in told(f"{page.url}/two.json")
        page.answers("/api/v2/scheduled-maintenances.json", 500)
        page.shows("/api/v2/incidents.json", a_feed(an_outage_in_the_feed("three")))
        with pytest.raises(CommandError, match="answered 500"):
            told(page.url)
    assert Incident.objects.count() == 2
    with pytest.raises(CommandError, match="inner network"):
        told("http://127.0.0.1/")


def test_a_long_history_says_how_far_it_is(feed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_tier()
    monkeypatch.setattr(writing, "_AT_ONCE", 1000)
    quiet = {"incident_updates": [], "started_at": "2026-04-10T12:00:00Z", "status": "resolved"}
    feed.write_text(json.dumps(a_feed(*({"id": f"i{number}", **quiet} for number in range(1001)))))
    errors = StringIO()
    call_command("import_statuspage", str(feed), "--dry-run", stdout=StringIO(), stderr=errors)
    assert errors.getvalue() == "1,000 of 1,001 incidents\n"


def test_every_mistake_of_a_file_is_told(feed: Path) -> None:
    a_tier()
    feed.write_text(json.dumps(a_feed({"id": "a", "impact": 1}, {"name": "b"})), encoding="utf-8")
    with pytest.raises(CommandError) as ended:
        told(feed)
    assert "incidents[0].impact" in str(ended.value)
    assert "incidents[1].id: is required" in str(ended.value)


def test_a_file_that_is_not_there_and_a_site_without_tiers_are_told_in_a_sentence(feed: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        told(feed.with_name("other.json"))
    with pytest.raises(CommandError, match="customer tiers first"):
        told(feed)
