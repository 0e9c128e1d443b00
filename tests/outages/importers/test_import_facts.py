"""Files of facts: proposed once, nothing the second time, a changed row is a proposed correction; all rows or none."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from slaservice.history.models import Entry
from slaservice.outages import operations
from slaservice.outages.importers.files import FileResult, import_file
from slaservice.outages.models import Maintenance, OutageWindow, RequestCount
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import AUDITOR, OPERATOR
from tests.factories.files import a_count_row, a_csv, a_maintenance_row, an_outage_row, as_xlsx
from tests.factories.outages import NOW, a_component, a_person, a_tier, actions_on, april
from tests.servers import with_database

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def codes(db: None) -> None:
    a_component()
    a_tier()
    a_tier("free")


def imported(*rows: dict[str, Any], kind: str = "outages", **values: Any) -> FileResult:
    return import_file(
        kind=kind, content=a_csv(*rows), **{"source": "sheet", "by": None, "now": NOW, **values}
    )


def the(external_id: str = "o1") -> list[tuple[int, str]]:
    rows = OutageWindow.objects.filter(source="sheet", external_id=external_id).order_by("revision")
    return list(rows.values_list("revision", "state"))


def latest(external_id: str = "o1") -> OutageWindow:
    return OutageWindow.objects.filter(source="sheet", external_id=external_id).latest("revision")


def everything() -> list[int]:
    return [model.objects.count() for model in (OutageWindow, Maintenance, RequestCount, Entry)]


# once


def test_rows_become_proposals_named_by_source_and_id() -> None:
    operator = a_person(OPERATOR)
    result = imported(an_outage_row("o1", end=""), an_outage_row("o2", tiers="*"), by=operator)
    assert result.counts == {"rows": 2, "proposed": 2}
    assert the("o1") == the("o2") == [(1, "proposed")]
    row = latest("o1")
    assert (row.reference, row.end, row.proposed_by, row.basis) == ("sheet/o1", None, operator, "operator")
    assert actions_on(row) == ["outages.propose"]
    assert latest("o2").tiers.count() == 2


@pytest.mark.parametrize("confirm", [False, True])
def test_a_second_run_changes_nothing(confirm: bool) -> None:
    rows = [an_outage_row("o1"), an_outage_row("o2", end="", note="=1+1", affected_count=1, affected_of=3)]
    imported(*rows, confirm=confirm)
    before = everything()
    assert imported(*rows, confirm=confirm).counts == {"rows": 2, "unchanged": 2}
    assert (
        import_file(kind="outages", content=as_xlsx(*rows), source="sheet", by=None, now=NOW).unchanged == 2
    )
    assert everything() == before


def test_another_source_s_ids_are_others() -> None:
    imported(an_outage_row())
    assert imported(an_outage_row(), source="other").proposed == 1


def test_what_is_asked_to_be_confirmed_counts_at_once() -> None:
    operator = a_person(OPERATOR)
    assert imported(an_outage_row(), confirm=True, by=operator).counts == {
        "rows": 1,
        "proposed": 1,
        "confirmed": 1,
    }
    assert (latest().state, latest().confirmed_by) == ("confirmed", operator)


# changed


def test_a_changed_row_of_a_confirmed_outage_is_a_proposed_correction() -> None:
    imported(an_outage_row(), confirm=True)
    result = imported(an_outage_row(end="2026-04-10T13:00:00Z"))
    assert result.counts == {"rows": 1, "corrections proposed": 1}
    assert result.changes == ["line 2: sheet/o1: end 2026-04-10T14:00:00+00:00 -> 2026-04-10T13:00:00+00:00"]
    assert the() == [(1, "confirmed"), (2, "proposed")]
    assert latest().supersedes == OutageWindow.objects.get(source="sheet", revision=1)
    assert imported(an_outage_row(end="2026-04-10T13:00:00Z")).unchanged == 1
    imported(an_outage_row(end="2026-04-10T12:30:00Z"), confirm=True)
    assert the() == [(1, "superseded"), (2, "withdrawn"), (3, "confirmed")]


def test_a_changed_row_replaces_what_is_still_proposed() -> None:
    imported(an_outage_row())
    result = imported(an_outage_row(severity="partial_outage"))
    assert result.counts == {"rows": 1, "proposed": 1, "proposals withdrawn": 1}
    assert the() == [(1, "withdrawn"), (2, "proposed")]


def test_a_row_that_goes_back_to_what_is_confirmed_takes_its_correction_back() -> None:
    imported(an_outage_row(), confirm=True)
    imported(an_outage_row(severity="partial_outage"))
    assert imported(an_outage_row()).counts == {"rows": 1, "unchanged": 1, "proposals withdrawn": 1}
    assert the() == [(1, "confirmed"), (2, "withdrawn")]


@pytest.mark.parametrize("decision", ["withdraw", "correct"])
def test_what_an_operator_decided_is_not_asked_again_until_the_file_says_something_else(
    decision: str,
) -> None:
    imported(an_outage_row(), confirm=decision == "correct")
    if decision == "withdraw":
        operations.withdraw(window=latest(), by=None, now=NOW, reason="Not ours")
    else:
        operations.correct(window=latest(), by=None, now=NOW, reason="Log", end=april(10, 13))
    before = the()
    assert imported(an_outage_row()).counts == {"rows": 1, "unchanged": 1}
    assert the() == before
    imported(an_outage_row(severity="partial_outage"))
    assert the() == [*before, (len(before) + 1, "proposed")]


def test_what_agrees_with_an_operator_s_correction_needs_no_other() -> None:
    imported(an_outage_row(), confirm=True)
    operations.correct(window=latest(), by=None, now=NOW, reason="Log", end=april(10, 13))
    assert imported(an_outage_row(end="2026-04-10T13:00:00Z")).counts == {"rows": 1, "unchanged": 1}
    assert the() == [(1, "superseded"), (2, "confirmed")]


def test_rows_that_are_no_longer_there_are_left_alone() -> None:
    imported(an_outage_row("o1"), an_outage_row("o2"), confirm=True)
    imported(an_outage_row("o1"))
    assert the("o2") == [(1, "confirmed")]


# maintenance, request counts


def test_maintenance_is_imported_corrected_and_imported_again() -> None:
    plan = {"planned_start": "2026-04-20T01:00:00Z", "planned_end": "2026-04-20T03:00:00Z"}
    rows = [
        a_maintenance_row("m1", **plan),
        a_maintenance_row("m2", component="api", announced_at="", tiers="free"),
    ]
    assert imported(*rows, kind="maintenance", confirm=True).confirmed == 2
    assert imported(*rows, kind="maintenance").unchanged == 2
    first, second = Maintenance.objects.order_by("external_id")
    assert (first.component, second.component, second.announced_at) == (None, a_component(), None)
    assert (first.planned_start, second.planned_start) == (april(20, 1), None)
    result = imported(a_maintenance_row("m1", **plan, end="2026-04-20T05:00:00Z"), kind="maintenance")
    assert result.corrections_proposed == 1


def test_request_counts_are_imported_and_again_change_nothing() -> None:
    rows = [a_count_row(hour) for hour in range(30)]
    assert imported(*rows, kind="request_counts").counts == {"rows": 30, "counts added": 30}
    assert imported(*rows, kind="request_counts").counts == {"rows": 30, "unchanged": 30}
    with pytest.raises(Invalid) as refused:
        imported(a_count_row(0), a_count_row(1, failed=2), kind="request_counts")
    (error,) = refused.value.errors
    assert error.path == "line 3, start"
    again = imported(a_count_row(0), a_count_row(1, failed=2), kind="request_counts", reason="Recounted")
    assert again.counts == {"rows": 2, "unchanged": 1, "counts corrected": 1}


def test_request_counts_that_contradict_each_other_are_told_by_their_lines() -> None:
    with pytest.raises(Invalid) as refused:
        imported(a_count_row(0), a_count_row(1), a_count_row(0, total=7), kind="request_counts")
    told = " ".join(map(str, refused.value.errors))
    assert "line 4, start" in told
    assert "line 2" in told
    assert "rows[" not in told


# all or nothing


def test_one_wrong_row_and_nothing_is_imported() -> None:
    with pytest.raises(Invalid) as refused:
        imported(an_outage_row("o1"), an_outage_row("o2", end="2026-04-10T11:00:00Z"))
    assert [error.path for error in refused.value.errors] == ["line 3, end"]
    assert everything()[0] == 0


def test_a_dry_run_says_what_would_be_and_writes_nothing() -> None:
    imported(an_outage_row("o1"), confirm=True)
    before = everything()
    rows = [an_outage_row("o1", severity="partial_outage"), an_outage_row("o2")]
    for kind, mine in (
        ("outages", rows),
        ("maintenance", [a_maintenance_row()]),
        ("request_counts", [a_count_row()]),
    ):
        dry = imported(*mine, kind=kind, dry_run=True, confirm=kind != "request_counts")
        assert everything() == before
        assert imported(*mine, kind=kind, dry_run=True, confirm=kind != "request_counts") == dry
        assert imported(*mine, kind=kind, confirm=kind != "request_counts") == dry
        before = everything()


def test_whoever_may_not_import_may_not_and_nobody_confirms_by_a_file_what_they_could_not_by_hand() -> None:
    for role in (AUDITOR, ""):
        with pytest.raises(Refusal) as refused:
            imported(an_outage_row(), by=a_person(*filter(None, [role])))
        assert refused.value.code == "not_permitted"
    with pytest.raises(Invalid):
        imported(an_outage_row(), source="My Sheet")


@pytest.mark.parametrize("rows", [20, 1200])
def test_a_second_run_takes_queries_by_the_batch(rows: int, django_assert_max_num_queries: Any) -> None:
    content = [an_outage_row(f"o{n}") for n in range(rows)]
    imported(*content)
    with django_assert_max_num_queries(4 + 4 * (1 + rows // 500)):
        assert imported(*content).unchanged == rows


DYING = """
import os, sys
import django
django.setup()
from django.utils import timezone
from slaservice.outages.importers.files import import_file, importing
confirm, done = importing.life.confirm, []
def die(*args, **kwargs):
    done.append(1)
    return os._exit(9) if len(done) > 5 else confirm(*args, **kwargs)
importing.life.confirm = die
import_file(kind="outages", content=open(sys.argv[1], "rb").read(), source="sheet", by=None, now=timezone.now(), confirm=True)
"""


@pytest.mark.django_db(transaction=True)
def test_an_import_that_dies_half_way_has_written_nothing_and_is_run_again(tmp_path: Path) -> None:
    rows = [an_outage_row(f"o{n}") for n in range(10)]
    file = tmp_path / "outages.csv"
    file.write_bytes(a_csv(*rows))
    name = str(connection.settings_dict["NAME"])
    database = (
        f"sqlite:///{name}" if connection.vendor == "sqlite" else with_database(settings.DATABASE_URL, name)
    )
    connection.close()
    environment = {"DATABASE_URL": database, "LOCAL": "true", "DJANGO_SETTINGS_MODULE": "slaservice.settings"}
    died = subprocess.run(
        [sys.executable, "-c", DYING, str(file)],
        cwd=Path(__file__).parents[3],
        env={**os.environ, **environment},
        check=False,
        timeout=120,
        capture_output=True,
    )
    assert died.returncode == 9, died.stderr
    assert everything()[0] == 0
    assert imported(*rows, confirm=True).confirmed == 10


@pytest.mark.django_db(transaction=True)
def test_two_who_import_one_file_at_once_propose_it_once() -> None:
    rows, barrier, ends = [an_outage_row(f"o{n}") for n in range(5)], Barrier(2), []

    def run() -> None:
        try:
            barrier.wait(timeout=10)
            ends.append("unchanged" if imported(*rows).unchanged else "proposed")
        except Refusal as refusal:
            ends.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(ends) in (["already_recorded", "proposed"], ["proposed", "unchanged"])
    assert OutageWindow.objects.count() == 5


# the command


def told(*arguments: Any) -> str:
    output = StringIO()
    call_command("import_facts", *map(str, arguments), stdout=output)
    return " ".join(output.getvalue().split())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "outages.csv"
    file.write_bytes(a_csv(an_outage_row()))
    return file


def test_the_command_says_what_it_did_and_what_it_would_do(file: Path) -> None:
    said = told("outages", file, "--dry-run")
    assert "Dry run: nothing was changed." in said
    assert "line 2: new: component api" in said
    assert not OutageWindow.objects.exists()
    operator = a_person(OPERATOR)
    assert "proposed 1 confirmed 1" in told(
        "outages", file, "--confirm", "--by", operator.username, "--source", "tool"
    )
    assert OutageWindow.objects.get().confirmed_by == operator
    assert "unchanged 1" in told("outages", file, "--source", "tool")


def test_the_command_tells_every_mistake_and_imports_nothing(file: Path) -> None:
    file.write_bytes(a_csv(an_outage_row(end="soon"), an_outage_row("o2", tiers="none")))
    with pytest.raises(CommandError) as ended:
        told("outages", file)
    assert "nothing was imported" in str(ended.value)
    assert "line 2, end: must be a time" in str(ended.value)
    assert "line 3, tiers: 'none' is no customer tier" in str(ended.value)


def test_what_the_command_cannot_use_is_told_in_a_sentence(file: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        told("outages", file.with_name("other.csv"))
    with pytest.raises(CommandError, match="There is no user 'nobody'"):
        told("outages", file, "--by", "nobody")
    with pytest.raises(CommandError, match="is for: operator"):
        told("outages", file, "--by", a_person(AUDITOR).username)
    with pytest.raises(CommandError, match="small letters"):
        told("outages", file, "--source", "My Sheet")


@pytest.mark.parametrize("kind", ["outages", "maintenance", "request_counts"])
def test_the_command_explains_the_columns(kind: str) -> None:
    said = told(kind)
    assert "component required" in said
    assert "2026-04-10T12:00:00Z" in said
