"""Proposed, confirmed, corrected, withdrawn: the moves that a fact makes, who makes them, and what history says of it.

The life is the same for outage windows and for maintenance, so most of this is asked of both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from slaservice.outages import operations
from slaservice.outages.models import OutageWindow
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import AUDITOR, OPERATOR
from tests.factories.outages import (
    NOW,
    a_person,
    a_planned_maintenance,
    a_proposal,
    a_tier,
    a_window,
    actions_on,
    april,
    last_entry,
)

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


@dataclass(frozen=True)
class Kind:
    """The verbs of one kind of fact under one name each."""

    name: str
    owner: str
    proposal: Callable[..., Any]
    verbs: dict[str, Callable[..., Any]]

    def do(self, verb: str, row: Any, **values: Any) -> Any:
        usual = {"by": None, "now": LATER, **({} if verb == "confirm" else {"reason": "Because"})}
        return self.verbs[verb](**{self.owner: row}, **{**usual, **values})

    def confirmed(self, **values: Any) -> Any:
        return self.do("confirm", self.proposal(**values), now=NOW)


KINDS = [
    Kind(
        "outages", "window", a_proposal,
        {"confirm": operations.confirm, "correct": operations.correct, "withdraw": operations.withdraw},
    ),
    Kind(
        "maintenance", "maintenance", a_planned_maintenance,
        {
            "confirm": operations.confirm_maintenance,
            "correct": operations.correct_maintenance,
            "withdraw": operations.withdraw_maintenance,
        },
    ),
]  # fmt: skip
both = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
EARLIER_START = {"start": april(10, 11)}


@both
def test_what_is_proposed_does_not_count_until_somebody_confirms_it(kind: Kind) -> None:
    operator = a_person(OPERATOR)
    proposal = kind.proposal(by=operator)
    assert (proposal.state, proposal.proposed_by, proposal.confirmed_at) == ("proposed", operator, None)
    confirmed = kind.do("confirm", proposal, by=operator)
    assert (confirmed.state, confirmed.confirmed_by, confirmed.confirmed_at) == ("confirmed", operator, LATER)
    assert actions_on(confirmed) == [f"{kind.name}.propose", f"{kind.name}.confirm"]


@both
def test_what_is_withdrawn_keeps_the_reason_and_who_gave_it(kind: Kind) -> None:
    operator = a_person(OPERATOR)
    for row in (kind.proposal(), kind.confirmed()):
        gone = kind.do("withdraw", row, by=operator, reason="Load test of ours")
        assert (gone.state, gone.closed_by, gone.closed_at) == ("withdrawn", operator, LATER)
        assert gone.close_reason == last_entry(gone).reason == "Load test of ours"
        assert last_entry(gone).action == f"{kind.name}.withdraw"


@both
def test_a_correction_is_a_new_revision_and_the_old_one_stays_beside_it(kind: Kind) -> None:
    operator, first = a_person(OPERATOR), kind.confirmed()
    second = kind.do("correct", first, by=operator, reason="The proxy's log says so", **EARLIER_START)
    first.refresh_from_db()
    assert (first.state, first.closed_at, first.close_reason) == (
        "superseded",
        LATER,
        "The proxy's log says so",
    )
    assert (second.state, second.confirmed_at, second.confirmed_by) == ("confirmed", LATER, operator)
    assert (second.revision, second.supersedes, second.start) == (2, first, april(10, 11))
    assert (second.source, second.external_id) == (first.source, first.external_id)
    assert [tier.code for tier in second.tiers.all()] == ["enterprise"]


@both
def test_history_tells_a_correction_from_both_sides(kind: Kind) -> None:
    first = kind.confirmed()
    second = kind.do("correct", first, reason="The proxy's log says so", **EARLIER_START)
    entry = last_entry(second)
    assert (entry.action, entry.reason) == (f"{kind.name}.correct", "The proxy's log says so")
    assert entry.data["supersedes"] == first.reference
    assert entry.data["before"]["start"] == first.start.isoformat()
    assert entry.data["after"]["start"] == "2026-04-10T11:00:00+00:00"
    assert last_entry(first).action == f"{kind.name}.supersede"


@both
def test_a_proposal_is_corrected_in_one_step_and_stays_as_evidence(kind: Kind) -> None:
    posted = kind.proposal()
    right = kind.do("correct", posted, **EARLIER_START)
    posted.refresh_from_db()
    assert (posted.state, posted.confirmed_at) == ("superseded", None)
    assert (right.state, right.supersedes) == ("confirmed", posted)


@both
def test_references_tell_revisions_apart(kind: Kind) -> None:
    first = kind.confirmed(source="page", external_id="x/1", reference="x/api/1")
    second = kind.do("correct", first, **EARLIER_START)
    third = kind.do("correct", second, start=april(10, 10), now=LATER)
    assert [row.reference for row in (first, second, third)] == ["x/api/1", "x/api/1@2", "x/api/1@3"]


@both
def test_what_is_made_by_hand_gets_a_reference_of_its_own(kind: Kind) -> None:
    one, other = kind.proposal(), kind.proposal()
    assert one.reference != other.reference
    assert one.reference[:2] == {"outages": "W-", "maintenance": "M-"}[kind.name]
    assert kind.proposal(reference="by-name").reference == "by-name"


@both
@pytest.mark.parametrize("again", [{"source": "page", "external_id": "x/1"}, {"reference": "x"}])
def test_the_same_thing_is_not_recorded_twice(kind: Kind, again: dict[str, str]) -> None:
    kind.proposal(**again)
    with pytest.raises(Refusal) as refused:
        kind.proposal(**again)
    assert refused.value.code == "already_recorded"


MOVES = [
    # verb, the states that it starts from
    ("confirm", {"proposed"}),
    ("correct", {"proposed", "confirmed"}),
    ("withdraw", {"proposed", "confirmed"}),
]
STATES = ["proposed", "confirmed", "withdrawn", "superseded"]


def in_state(kind: Kind, state: str) -> Any:
    row = kind.proposal() if state == "proposed" else kind.confirmed()
    if state == "withdrawn":
        kind.do("withdraw", row, now=NOW)
    if state == "superseded":
        kind.do("correct", row, now=NOW, **EARLIER_START)
    return type(row).objects.get(pk=row.pk)


@both
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("verb", "origins"), MOVES)
def test_only_the_moves_of_the_table_are_made(kind: Kind, verb: str, origins: set[str], state: str) -> None:
    row = in_state(kind, state)
    values = {"start": april(10, 9)} if verb == "correct" else {}
    if state in origins:
        kind.do(verb, row, **values)
        return
    with pytest.raises(Refusal) as refused:
        kind.do(verb, row, **values)
    assert refused.value.code == "state_does_not_allow_it"
    assert state in refused.value.sentence
    assert type(row).objects.get(pk=row.pk).state == state


@both
@pytest.mark.parametrize("verb", ["confirm", "correct", "withdraw"])
def test_whoever_decides_second_is_told_so(kind: Kind, verb: str) -> None:
    seen_by_both = kind.proposal()
    kind.do("withdraw", type(seen_by_both).objects.get(pk=seen_by_both.pk))
    with pytest.raises(Refusal) as refused:
        kind.do(verb, seen_by_both, **(EARLIER_START if verb == "correct" else {}))
    assert refused.value.code == "state_does_not_allow_it"


@both
@pytest.mark.parametrize("verb", ["propose", "confirm", "correct", "withdraw"])
def test_only_an_operator_decides_on_facts(kind: Kind, verb: str) -> None:
    auditor, row = a_person(AUDITOR), kind.proposal()
    values = {"correct": EARLIER_START}.get(verb, {})
    with pytest.raises(Refusal) as refused:
        kind.proposal(by=auditor) if verb == "propose" else kind.do(verb, row, by=auditor, **values)
    assert refused.value.code == "not_permitted"
    assert actions_on(row) == [f"{kind.name}.propose"]


@both
@pytest.mark.parametrize("verb", ["correct", "withdraw"])
@pytest.mark.parametrize("reason", ["", "  ", "x" * 4000])
def test_a_correction_and_a_withdrawal_need_a_reason(kind: Kind, verb: str, reason: str) -> None:
    row = kind.confirmed()
    with pytest.raises(Invalid) as invalid:
        kind.do(verb, row, reason=reason, **(EARLIER_START if verb == "correct" else {}))
    assert invalid.value.errors[0].path == "reason"


@both
def test_a_confirmation_may_have_a_reason_but_no_essay(kind: Kind) -> None:
    assert last_entry(kind.do("confirm", kind.proposal(), reason="Checked")).reason == "Checked"
    with pytest.raises(Invalid) as invalid:
        kind.do("confirm", kind.proposal(), reason="x" * 4000)
    assert invalid.value.errors[0].path == "reason"


@both
def test_a_correction_that_corrects_nothing_is_refused(kind: Kind) -> None:
    for row in (kind.proposal(), kind.confirmed()):
        with pytest.raises(Refusal) as refused:
            kind.do("correct", row, start=row.start)
        assert refused.value.code == "nothing_to_correct"


@both
def test_a_correction_is_checked_like_anything_else(kind: Kind) -> None:
    row = kind.confirmed()
    with pytest.raises(Invalid) as invalid:
        kind.do("correct", row, end=row.start)
    assert [error.path for error in invalid.value.errors] == ["end"]
    assert type(row).objects.get(pk=row.pk).state == "confirmed"


@both
def test_a_field_that_is_not_a_fact_s_is_not_corrected(kind: Kind) -> None:
    with pytest.raises(Refusal) as refused:
        kind.do("correct", kind.confirmed(), confirmed_at=NOW)
    assert refused.value.code == "field_is_not_known"


@both
def test_nothing_is_decided_before_it_was_known(kind: Kind) -> None:
    row = kind.confirmed()
    for verb in ("withdraw", "correct"):
        with pytest.raises(Refusal) as refused:
            kind.do(verb, row, now=NOW - timedelta(seconds=1), **(EARLIER_START if verb == "correct" else {}))
        assert refused.value.code == "decided_before_it_was_known"


@both
def test_what_names_no_tier_is_not_confirmed(kind: Kind) -> None:
    row = kind.proposal()
    row.tiers.clear()
    with pytest.raises(Refusal) as refused:
        kind.do("confirm", row)
    assert refused.value.code == "window_names_no_tier"


@both
def test_other_tiers_are_a_correction_too(kind: Kind) -> None:
    row = kind.confirmed()
    corrected = kind.do("correct", row, tiers=[a_tier("free"), a_tier("enterprise")])
    assert {tier.code for tier in corrected.tiers.all()} == {"free", "enterprise"}
    assert {tier.code for tier in row.tiers.all()} == {"enterprise"}


# A proposed correction, as an importer makes one.


def a_proposed_correction(window: OutageWindow) -> OutageWindow:
    facts = operations.OutageFacts(
        window.component,
        tuple(window.tiers.all()),
        april(10, 12),
        april(10, 15),
        "major_outage",
        "posted_status",
    )
    draft = operations.Draft(
        facts, window.source, window.external_id, window.reference, window.revision + 1, window
    )
    return operations.propose_outages(drafts=[draft], by=None, now=NOW)[0]


def test_a_proposed_correction_leaves_the_confirmed_window_alone_until_it_is_confirmed() -> None:
    window = a_window()
    proposed = a_proposed_correction(window)
    window.refresh_from_db()
    assert window.state == "confirmed"
    operations.confirm(window=proposed, by=None, now=LATER)
    window.refresh_from_db()
    assert (window.state, window.closed_at) == ("superseded", LATER)
    assert proposed.reference in window.close_reason


def test_a_proposed_correction_that_is_withdrawn_leaves_the_confirmed_window_alone() -> None:
    window = a_window()
    operations.withdraw(window=a_proposed_correction(window), by=None, now=LATER, reason="The feed is wrong")
    window.refresh_from_db()
    assert window.state == "confirmed"


def test_another_correction_overtakes_the_proposed_one() -> None:
    window = a_window()
    proposed = a_proposed_correction(window)
    other = operations.correct(window=window, end=april(10, 13), by=None, now=LATER, reason="Ours")
    proposed.refresh_from_db()
    assert (proposed.state, other.revision) == ("withdrawn", 3)
    assert "Overtaken by revision 3" in proposed.close_reason


def test_a_proposed_correction_can_itself_be_corrected_and_one_window_counts_in_the_end() -> None:
    window = a_window()
    proposed = a_proposed_correction(window)
    right = operations.correct(window=proposed, end=april(10, 16), by=None, now=LATER, reason="Longer still")
    states = dict(OutageWindow.objects.values_list("revision", "state"))
    assert states == {1: "superseded", 2: "superseded", 3: "confirmed"}
    assert right.supersedes == proposed


def test_a_correction_of_a_window_that_was_withdrawn_meanwhile_can_still_be_confirmed() -> None:
    window = a_window()
    proposed = a_proposed_correction(window)
    operations.withdraw(window=window, by=None, now=LATER, reason="Not ours")
    assert operations.confirm(window=proposed, by=None, now=LATER).state == "confirmed"
