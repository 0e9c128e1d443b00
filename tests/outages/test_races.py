"""Two people at once, on two connections: one is heard, the other is told."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from slaservice.outages import operations
from slaservice.outages.models import OutageWindow, RequestCount
from slaservice.rules.refusal import Refusal
from tests.factories.outages import NOW, a_component, a_proposal, a_tier, a_window, april

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOW + timedelta(hours=1)


def at_once(*deeds: Callable[[], Any]) -> list[str]:
    """What became of each: "done", or the code of its refusal."""
    barrier, ends = Barrier(len(deeds)), [""] * len(deeds)

    def run(number: int, deed: Callable[[], Any]) -> None:
        try:
            barrier.wait(timeout=10)
            deed()
            ends[number] = "done"
        except Refusal as refusal:
            ends[number] = refusal.code
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number, deed)) for number, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return sorted(ends)


def confirming(pk: int) -> Callable[[], Any]:
    return lambda: operations.confirm(window=OutageWindow.objects.get(pk=pk), by=None, now=LATER)


def withdrawing(pk: int) -> Callable[[], Any]:
    return lambda: operations.withdraw(
        window=OutageWindow.objects.get(pk=pk), by=None, now=LATER, reason="Not ours"
    )


def correcting(pk: int, hour: int) -> Callable[[], Any]:
    return lambda: operations.correct(
        window=OutageWindow.objects.get(pk=pk), end=april(10, hour), by=None, now=LATER, reason="Log"
    )


@pytest.mark.parametrize("turn", range(5))
def test_two_corrections_at_once_leave_one_window_that_counts(turn: int) -> None:
    window = a_window()
    ends = at_once(correcting(window.pk, 13), correcting(window.pk, 15))
    assert ends == ["done", "state_does_not_allow_it"]
    assert list(OutageWindow.objects.filter(state="confirmed").values_list("revision", flat=True)) == [2]


@pytest.mark.parametrize("turn", range(5))
def test_a_proposal_is_confirmed_once(turn: int) -> None:
    proposal = a_proposal()
    assert at_once(*[confirming(proposal.pk)] * 3) == ["done"] + ["state_does_not_allow_it"] * 2


@pytest.mark.parametrize("turn", range(5))
def test_a_proposal_is_corrected_or_withdrawn_but_not_both(turn: int) -> None:
    proposal = a_proposal()
    ends = at_once(correcting(proposal.pk, 13), withdrawing(proposal.pk))
    assert ends == ["done", "state_does_not_allow_it"]


@pytest.mark.parametrize("turn", range(5))
def test_the_same_thing_is_proposed_once(turn: int) -> None:
    a_window()  # so that component and tier are there
    ends = at_once(*[lambda: a_proposal(source="page", external_id="x/1")] * 3)
    assert ends == ["already_recorded"] * 2 + ["done"]


@pytest.mark.parametrize("turn", range(5))
def test_a_correction_by_hand_and_the_feed_s_confirmed_at_once_leave_one_window_that_counts(
    turn: int,
) -> None:
    window = a_window()
    facts = operations.OutageFacts(
        window.component,
        tuple(window.tiers.all()),
        april(10, 12),
        april(10, 15),
        "major_outage",
        "posted_status",
    )
    draft = operations.Draft(facts, window.source, window.external_id, window.reference, 2, window)
    (proposed,) = operations.propose_outages(drafts=[draft], by=None, now=NOW)
    ends = at_once(correcting(window.pk, 13), confirming(proposed.pk))
    assert ends == ["done", "state_does_not_allow_it"]
    assert OutageWindow.objects.filter(state="confirmed").count() == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one transaction write at a time")
def test_no_tier_slips_in_while_a_window_is_confirmed() -> None:
    from django.db import IntegrityError, transaction

    from slaservice.outages.models import OutageWindowTier

    proposal, other = a_proposal(), a_tier("free")
    seen: list[str] = []

    def add_a_tier() -> None:
        try:
            OutageWindowTier.objects.create(window=proposal, tier=other)
        except IntegrityError as refused:
            seen.append(str(refused))
        finally:
            connection.close()

    thread = Thread(target=add_a_tier)
    with transaction.atomic():
        operations.confirm(window=proposal, by=None, now=LATER)
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive()  # it waits for the confirmation, and then sees it
    thread.join(timeout=10)
    assert seen
    assert "the tiers of a fact" in seen[0]


@pytest.mark.parametrize("turn", range(3))
def test_two_batches_of_counts_at_once_count_every_interval_once(turn: int) -> None:
    """The second finds what the first recorded; where it says otherwise, it is refused and writes nothing."""
    component, tier = a_component(), a_tier()

    def recording(failed: int) -> Callable[[], Any]:
        rows = [
            operations.RequestCountRow(component, tier, april(10, 12, minute), 60, 100, failed)
            for minute in range(50)
        ]
        return lambda: operations.record_request_counts(rows=rows, source="probe", by=None, now=NOW)

    assert at_once(recording(1), recording(1)) == ["done", "done"]
    assert at_once(recording(2), recording(1)) == ["done", "request_count_is_recorded_otherwise"]
    assert RequestCount.objects.count() == 50


def test_batches_at_once_that_overlap_do_not_both_count() -> None:
    """Two that start at different instants break no unique constraint: the lock on the component keeps them apart."""
    component, tier = a_component(), a_tier()

    def recording(minute: int) -> Callable[[], Any]:
        row = operations.RequestCountRow(component, tier, april(10, 12, minute), 300, 100, 1)
        return lambda: operations.record_request_counts(rows=[row], source="probe", by=None, now=NOW)

    assert at_once(recording(0), recording(2)) == ["done", "request_counts_overlap"]
    assert RequestCount.objects.count() == 1
