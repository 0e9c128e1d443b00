"""Random histories of outage windows: by hand, and from a feed that is edited again and again (tests/outages/histories.py)."""

from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from slaservice.outages import operations, queries
from slaservice.outages.importers.statuspage import import_feed
from slaservice.outages.models import OutageWindow
from tests.factories.outages import a_feed, a_feed_incident, a_mapping, an_update
from tests.outages.histories import ALL, SEVERITIES, TIERS, Histories, Remembered, Said, hour, spans, steps

SOURCE = "statuspage"


class WindowHistories(Histories):
    """Outage windows: by hand, and from a feed that is posted, edited and emptied, and whose components get a meaning."""

    area, model, words, word_column = "outages", OutageWindow, SEVERITIES, "severity"
    IDS: ClassVar = ("c1", "c2")

    def __init__(self) -> None:
        super().__init__()
        self.posted: dict[str, Any] = {}
        self.meaning = {"c1": "api"}
        a_mapping("c1", "api")

    def propose(self, said: Said, reference: str) -> OutageWindow:
        return operations.propose_outage(
            component=self.components[said.component],
            tiers=[self.tiers[code] for code in said.tiers],
            start=said.start,
            end=said.end,
            severity=said.word,
            basis="operator",
            reference=reference,
            by=None,
            now=self.now,
        )

    def verb(self, name: str, row: Any, **values: Any) -> Any:
        if name != "confirm":
            values["reason"] = "Because"
        return getattr(operations, name)(window=row, by=None, now=self.now, **values)

    def answered(self, known_at: datetime | None) -> dict[str, Said]:
        rows = queries.windows_known(
            components=[one.pk for one in self.components.values()],
            tiers=[one.pk for one in self.tiers.values()],
            known_at=known_at,
            **ALL,
        )
        return self.as_answered(rows)

    # The feed. An incident says one stretch of one component, or nothing of any.

    @rule(
        incident=st.sampled_from(["inc1", "inc2"]),
        component=st.sampled_from(IDS),
        span=st.one_of(st.none(), spans),
        word=st.integers(0, 1),
    )
    def the_page_is_edited(self, incident: str, component: str, span: Any, word: int) -> None:
        """An incident keeps its component, as it does on a page; what it says of it is rewritten."""
        component = self.posted[incident][0] if incident in self.posted else component
        self.posted[incident] = (component, span, SEVERITIES[word])

    @rule(step=steps)
    def somebody_says_what_a_component_means(self, step: int) -> None:
        self.tick(step)
        self.meaning["c2"] = "console"
        a_mapping("c2", "console")

    @precondition(lambda self: self.posted)
    @rule(step=steps)
    def the_page_is_imported(self, step: int) -> None:
        self.tick(step)
        for incident, (component, span, word) in self.posted.items():
            self.expect(f"{incident}/{component}", incident, component, span, word)
        self.imported()
        self.remember()

    @precondition(lambda self: self.posted)
    @rule()
    def an_import_changes_nothing_a_second_time(self) -> None:
        self.the_page_is_imported(0)
        assert self.imported().changed_nothing

    def imported(self) -> Any:
        feed = a_feed(*(self.incident(name, *said) for name, said in self.posted.items()))
        return import_feed(feed=feed, source=SOURCE, by=None, now=self.now)

    def incident(self, name: str, component: str, span: Any, word: str) -> Any:
        if span is None:
            kept = {component: ("operational", "operational")}
            return a_feed_incident(name, an_update("investigating", "00:00:00", kept))
        start, length = span
        updates = [an_update("investigating", hour(start).isoformat(), {component: ("operational", word)})]
        if length is not None:
            end = hour(start + length).isoformat()
            updates.append(an_update("resolved", end, {component: (word, "operational")}))
        return a_feed_incident(name, *updates)

    def expect(self, key: str, incident: str, component: str, span: Any, word: str) -> None:
        """What an import makes of one incident: news are proposed, edits replace proposals and question what counts."""
        code = self.meaning.get(component)
        says = None if span is None else self.said(code or "", frozenset(TIERS), span, word)
        one = self.known.get(f"{incident}/{code}/1")
        if one is None:
            if says is not None and code is not None:
                one = self.known[f"{incident}/{code}/1"] = Remembered(f"{incident}/{code}/1")
                self.is_proposed(one, says)
                one.feed = says
            return
        if says == one.feed:
            return
        one.feed = says
        if says is None:
            self.proposal_is_replaced(one)
        elif not (one.proposed and same_times(one.proposed, says)):
            self.proposal_is_replaced(one)
            if not (one.counts and same_times(one.counts, says)):
                self.is_proposed(one, says)

    def proposal_is_replaced(self, one: Remembered) -> None:
        if one.proposed:
            self.did("withdraw", self.proposal_of(one))
            one.proposed = None


def same_times(one: Said, other: Said) -> bool:
    return one == replace(other, tiers=one.tiers)
