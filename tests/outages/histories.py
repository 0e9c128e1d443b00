"""Random histories of facts against a model that remembers in plain dictionaries what counted when.

A machine plays proposals, confirmations, corrections, withdrawals and imports of a feed that is edited again and again. Its model
knows nothing of rows, revisions that supersede or closing times: it keeps what each outage says now, and a copy of that for each
instant that has passed. At the end of each history the database must answer for every instant as the model remembers it.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from slaservice.history.models import Entry
from slaservice.outages import operations, queries
from slaservice.outages.models import Maintenance
from slaservice.rules.refusal import Refusal
from tests.factories.outages import NOW, a_component, a_tier, april

CODES, TIERS = ("api", "console"), ("enterprise", "free")
SEVERITIES = ("major_outage", "partial_outage")
ALL = {"start": april(1), "end": april(30)}


@dataclass(frozen=True)
class Said:
    """What one revision says: `word` is the severity of a window, the category of a maintenance."""

    component: str
    tiers: frozenset[str]
    start: datetime
    end: datetime | None
    word: str


@dataclass
class Remembered:
    """One outage or maintenance: what it says now, if it counts; what is proposed of it; every revision there was."""

    reference: str
    counts: Said | None = None
    proposed: Said | None = None
    revisions: list[Said] = field(default_factory=list)
    feed: Any = None

    def name(self, revision: int | None = None) -> str:
        number = revision or len(self.revisions)
        return self.reference if number == 1 else f"{self.reference}@{number}"

    def add(self, said: Said) -> None:
        self.revisions.append(said)


spans = st.tuples(st.integers(0, 12), st.one_of(st.none(), st.integers(1, 8)))

tiers = st.sets(st.sampled_from(TIERS), min_size=1).map(frozenset)

steps = st.sampled_from([0, 0, 1, 60])


def hour(number: int) -> datetime:
    return april(10) + timedelta(hours=number)


class Histories(RuleBasedStateMachine):
    """The life of facts of one kind. A subclass says which; every verb moves the clock by no time, a second or a minute."""

    area: ClassVar[str]
    model: ClassVar[Any]
    words: ClassVar[tuple[str, ...]]

    def __init__(self) -> None:
        super().__init__()
        self.whole = transaction.atomic()
        self.whole.__enter__()
        self.components = {code: a_component(code) for code in CODES}
        self.tiers = {code: a_tier(code) for code in TIERS}
        self.now = NOW
        self.known: dict[str, Remembered] = {}
        self.past: dict[datetime, dict[str, Said]] = {}
        self.deeds: Counter[tuple[str, str]] = Counter()

    # the verbs, and what the model makes of them

    def propose(self, said: Said, reference: str) -> Any:
        raise NotImplementedError

    def verb(self, name: str, row: Any, **values: Any) -> Any:
        raise NotImplementedError

    def row(self, reference: str) -> Any:
        return self.model.objects.get(reference=reference)

    def tick(self, step: int) -> None:
        self.now += timedelta(seconds=step)

    def remember(self) -> None:
        """What counts, as known now; of several deeds at one instant the last one stands."""
        self.past[self.now] = {one.reference: one.counts for one in self.known.values() if one.counts}

    def did(self, verb: str, reference: str) -> None:
        self.deeds[reference, f"{self.area}.{verb}"] += 1

    @rule(code=st.sampled_from(CODES), hit=tiers, span=spans, word=st.integers(0, 1), step=steps)
    def somebody_proposes(self, code: str, hit: frozenset[str], span: Any, word: int, step: int) -> None:
        self.tick(step)
        said = self.said(code, hit, span, self.words[word])
        fresh = Remembered(f"H-{len(self.known)}")
        assert self.propose(said, fresh.reference).reference == fresh.reference
        self.known[fresh.reference] = fresh
        self.is_proposed(fresh, said)
        self.remember()

    def said(self, code: str, hit: frozenset[str], span: Any, word: str) -> Said:
        start, length = span
        return Said(code, hit, hour(start), None if length is None else hour(start + length), word)

    def is_proposed(self, one: Remembered, said: Said) -> None:
        one.add(said)
        one.proposed = said
        self.did("propose", one.name())

    def proposal_of(self, one: Remembered) -> str:
        """A proposal is always the newest revision."""
        return one.name()

    def counting(self, one: Remembered) -> str:
        """The revision that counts: the newest, or the one before a proposed correction that nobody has decided on."""
        states = dict(self.rows_of(one).values_list("state", "reference"))
        return states["confirmed"]

    def rows_of(self, one: Remembered) -> Any:
        names = [one.name(number + 1) for number in range(len(one.revisions))]
        return self.model.objects.filter(reference__in=names)

    @precondition(lambda self: any(one.proposed for one in self.known.values()))
    @rule(data=st.data(), step=steps)
    def somebody_confirms(self, data: st.DataObject, step: int) -> None:
        self.tick(step)
        one = self.chosen(data, lambda one: one.proposed is not None)
        if one.counts:
            self.did("supersede", self.counting(one))
        self.verb("confirm", self.row(self.proposal_of(one)))
        self.did("confirm", self.proposal_of(one))
        one.counts, one.proposed = one.proposed, None
        self.remember()

    @precondition(lambda self: any(one.proposed or one.counts for one in self.known.values()))
    @rule(
        data=st.data(),
        hit=tiers,
        span=spans,
        word=st.integers(0, 1),
        of_the_proposal=st.booleans(),
        step=steps,
    )
    def somebody_corrects(
        self, data: st.DataObject, hit: frozenset[str], span: Any, word: int, of_the_proposal: bool, step: int
    ) -> None:
        """Of a proposed correction, too: then neither it nor what it would have corrected counts any longer."""
        self.tick(step)
        one = self.chosen(data, lambda one: bool(one.proposed or one.counts))
        aims = one.proposed is not None and (of_the_proposal or one.counts is None)
        before = one.proposed if aims else one.counts
        assert before is not None
        said = self.said(before.component, hit, span, self.words[word])
        name = self.proposal_of(one) if aims else self.counting(one)
        if said == before:
            self.is_refused("nothing_to_correct", name, said)
            return
        if one.counts:
            self.did("supersede", self.counting(one))
        if one.proposed:
            self.did("supersede" if aims else "withdraw", self.proposal_of(one))
        self.verb("correct", self.row(name), **self.changes(said))
        one.add(said)
        one.counts, one.proposed = said, None
        self.did("correct", one.name())
        self.remember()

    def changes(self, said: Said) -> dict[str, Any]:
        hit = [self.tiers[code] for code in sorted(said.tiers)]
        return {"start": said.start, "end": said.end, "tiers": hit, self.word_column: said.word}

    word_column: ClassVar[str]

    def is_refused(self, code: str, name: str, said: Said) -> None:
        with pytest.raises(Refusal) as refused:
            self.verb("correct", self.row(name), **self.changes(said))
        assert refused.value.code == code

    @precondition(lambda self: any(one.proposed or one.counts for one in self.known.values()))
    @rule(data=st.data(), the_proposal=st.booleans(), step=steps)
    def somebody_withdraws(self, data: st.DataObject, the_proposal: bool, step: int) -> None:
        """What counts, while a correction of it is proposed, too: the correction stays a question."""
        self.tick(step)
        one = self.chosen(data, lambda one: bool(one.proposed or one.counts))
        aims = one.proposed is not None and (the_proposal or one.counts is None)
        name = self.proposal_of(one) if aims else self.counting(one)
        self.verb("withdraw", self.row(name))
        self.did("withdraw", name)
        if aims:
            one.proposed = None
        else:
            one.counts = None
        self.remember()

    @precondition(lambda self: self.known)
    @rule(data=st.data(), verb=st.sampled_from(["confirm", "correct", "withdraw"]))
    def what_is_over_is_over(self, data: st.DataObject, verb: str) -> None:
        """No verb moves a revision that was withdrawn or superseded, and confirming twice is refused."""
        states = ["withdrawn", "superseded"] + (["confirmed"] if verb == "confirm" else [])
        over = list(self.model.objects.filter(state__in=states).order_by("pk"))
        if not over:
            return
        row = data.draw(st.sampled_from(over))
        values = {"start": hour(-1)} if verb == "correct" else {}
        with pytest.raises(Refusal) as refused:
            self.verb(verb, row, **values)
        assert refused.value.code == "state_does_not_allow_it"

    def chosen(self, data: st.DataObject, fits: Callable[[Remembered], bool]) -> Remembered:
        names = sorted(name for name, one in self.known.items() if fits(one))
        return self.known[data.draw(st.sampled_from(names))]

    # what must be true

    def answered(self, known_at: datetime | None) -> dict[str, Said]:
        raise NotImplementedError

    def of_row(self, row: Any) -> Said:
        hit = frozenset(tier.code for tier in row.tiers.all())
        return Said(row.component.code, hit, row.start, row.end, getattr(row, self.word_column))

    def base(self, row: Any) -> str:
        return str(row.reference).partition("@")[0]

    def as_answered(self, rows: Any) -> dict[str, Said]:
        found = [(self.base(row), self.of_row(row)) for row in rows]
        assert len(found) == len(dict(found)), "two revisions of one outage count"
        return dict(found)

    @invariant()
    def what_counts_now_is_what_the_model_says(self) -> None:
        expected = {one.reference: one.counts for one in self.known.values() if one.counts}
        assert self.answered(None) == expected

    def teardown(self) -> None:
        try:
            self.every_past_instant_is_answered_as_it_was()
            self.every_revision_still_says_what_it_said()
            self.history_tells_every_deed_and_no_other()
        finally:
            with suppress(Exception):
                transaction.set_rollback(True)
            self.whole.__exit__(None, None, None)

    def every_past_instant_is_answered_as_it_was(self) -> None:
        before = min(self.past, default=self.now) - timedelta(seconds=1)
        assert self.answered(before) == {}
        for at, expected in self.past.items():
            assert self.answered(at) == expected
            later = min((other for other in self.past if other > at), default=at + timedelta(days=1))
            assert self.answered(later - timedelta(microseconds=1)) == expected

    def every_revision_still_says_what_it_said(self) -> None:
        """References are stable, nothing was edited, and every state is the one that the model knows."""
        rows = {
            row.reference: row
            for row in self.model.objects.select_related("component").prefetch_related("tiers")
        }
        remembered = {
            one.name(number): said
            for one in self.known.values()
            for number, said in enumerate(one.revisions, start=1)
        }
        assert {name: self.of_row(row) for name, row in rows.items()} == remembered
        for one in self.known.values():
            states = [rows[one.name(number + 1)].state for number in range(len(one.revisions))]
            assert states.count("confirmed") == (one.counts is not None)
            assert states.count("proposed") == (one.proposed is not None)

    def history_tells_every_deed_and_no_other(self) -> None:
        names = dict(self.model.objects.values_list("pk", "reference"))
        entries = Entry.objects.filter(object_type=self.model._meta.label_lower).order_by("pk")
        told = Counter((names[int(entry.object_id)], entry.action) for entry in entries)
        assert told == self.deeds
        assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)


class MaintenanceHistories(Histories):
    """Maintenance, by hand."""

    area, model, word_column = "maintenance", Maintenance, "category"
    words = ("scheduled_maintenance", "emergency_maintenance")

    def propose(self, said: Said, reference: str) -> Maintenance:
        return operations.record_maintenance(
            component=self.components[said.component],
            tiers=[self.tiers[code] for code in said.tiers],
            start=said.start,
            end=said.end or said.start,
            category=said.word,
            title="Disks",
            reference=reference,
            by=None,
            now=self.now,
        )

    def said(self, code: str, hit: frozenset[str], span: Any, word: str) -> Said:
        start, length = span
        return super().said(code, hit, (start, length or 1), word)

    def verb(self, name: str, row: Any, **values: Any) -> Any:
        if name != "confirm":
            values["reason"] = "Because"
        return getattr(operations, f"{name}_maintenance")(maintenance=row, by=None, now=self.now, **values)

    def answered(self, known_at: datetime | None) -> dict[str, Said]:
        rows = queries.maintenance_known(
            components=[one.pk for one in self.components.values()],
            tiers=[one.pk for one in self.tiers.values()],
            known_at=known_at,
            **ALL,
        )
        return self.as_answered(rows)
