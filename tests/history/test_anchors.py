"""Anchors: lines outside the database that remember the end of history."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

from slaservice.history import tasks
from slaservice.history.anchors import anchor, anchors
from slaservice.history.models import Seal
from slaservice.history.operations import record
from slaservice.history.sealing import seal
from slaservice.history.verifying import Fault, Witness
from tests.factories.outages import a_component

pytestmark = pytest.mark.django_db

AT = datetime(2026, 5, 3, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    with override_settings(ANCHORS_DIR=tmp_path / "anchors"):
        yield tmp_path / "anchors"


def something_happens() -> Seal:
    record(by=None, action="x", obj=a_component(), at=AT)
    seal(now=AT)
    return Seal.objects.latest("seq")


def test_an_anchor_is_a_line_that_names_the_latest_seal(folder: Path) -> None:
    one = something_happens()
    path = anchor(now=AT)
    other = something_happens()
    anchor(now=AT.replace(hour=11))
    assert path == folder / "2026-05.jsonl"
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"seq": one.seq, "hash": one.hash, "at": "2026-05-03T10:00:00+00:00"},
        {"seq": other.seq, "hash": other.hash, "at": "2026-05-03T11:00:00+00:00"},
    ]


def test_each_month_has_a_file_and_all_are_read_oldest_first(folder: Path) -> None:
    one = something_happens()
    anchor(now=AT.replace(month=6))
    anchor(now=AT)
    assert list(anchors(folder)) == [
        Witness("The anchor of 2026-05-03T10:00:00+00:00", one.seq, one.hash),
        Witness("The anchor of 2026-06-03T10:00:00+00:00", one.seq, one.hash),
    ]


def test_while_nothing_is_sealed_there_is_nothing_to_anchor(folder: Path) -> None:
    assert anchor(now=AT) is None
    assert not folder.exists()


def test_behind_a_line_that_a_crash_cut_short_a_new_one_begins(folder: Path) -> None:
    something_happens()
    path = anchor(now=AT)
    assert path
    with path.open("a") as file:
        file.write('{"seq": 1, "ha')
    anchor(now=AT)
    assert [len(line) > 80 for line in path.read_text().splitlines()] == [True, False, True]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "x",
        "[]",
        '{"seq": 1}',
        '{"seq": "x", "hash": "y", "at": "z"}',
        '{"seq": 1e999, "hash": "y", "at": "z"}',
        f'{{"seq": {2**63}, "hash": "y", "at": "z"}}',
        "[" * 100_000,
        "\udcff",
    ],
    ids=lambda line: repr(line[:20]),
)
def test_a_line_that_is_no_anchor_is_a_fault_and_the_next_is_heard(folder: Path, line: str) -> None:
    something_happens()
    path = anchor(now=AT)
    assert path
    with path.open("ab") as file:
        file.write(line.encode(errors="surrogateescape") + b"\n")
    anchor(now=AT)
    heard, fault, heard_behind_it = anchors(folder)
    assert heard == heard_behind_it
    assert fault == Fault(None, f"{path}: line 2 is no anchor.")


def test_the_task_of_the_hour_seals_everything_and_anchors_it(folder: Path) -> None:
    record(by=None, action="x", obj=a_component(), at=AT)
    tasks.anchor_whole()
    assert [found.seq for found in anchors(folder)] == [1]


def test_the_task_of_the_second_seals() -> None:
    record(by=None, action="x", obj=a_component(), at=AT)
    tasks.seal()
    assert Seal.objects.count() == 1


def test_without_workers_a_command_does_both(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(by=None, action="x", obj=a_component(), at=AT)
    call_command("seal_history")
    (path,) = folder.iterdir()
    assert capsys.readouterr().out == f"sealed: 1\nanchored in {path}\n"
