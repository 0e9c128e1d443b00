"""`manage.py import_statuspage FILE`: says what it did, changes nothing twice, and nothing at all in a dry run."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from slaservice.outages.models import FeedComponent, Incident, OutageWindow
from tests.factories.outages import a_feed, a_mapping, a_tier, an_outage_in_the_feed

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
