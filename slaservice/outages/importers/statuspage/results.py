"""What an import did, for people: counts, questions, and each change in a line."""

from collections import Counter
from dataclasses import dataclass, field, fields


@dataclass
class ImportResult:
    """`questions` are sentences for an operator; nothing was guessed about them. `waiting`: proposals by component id.

    `changes` has a line for each thing that was done: + added, ~ changed, - withdrawn.
    """

    incidents_new: int = 0
    incidents_changed: int = 0
    incidents_unchanged: int = 0
    incidents_deferred: int = 0
    incidents_left_out: int = 0
    windows_proposed: int = 0
    maintenance_proposed: int = 0
    corrections_proposed: int = 0
    proposals_withdrawn: int = 0
    questions: list[str] = field(default_factory=list)
    waiting: Counter[str] = field(default_factory=Counter)
    changes: list[str] = field(default_factory=list)

    def add(self, other: "ImportResult") -> None:
        """What `other` did was done here."""
        for each in fields(self):
            mine, more = getattr(self, each.name), getattr(other, each.name)
            setattr(self, each.name, mine + more)

    def left_out(self, sentence: str) -> None:
        """One incident could not be imported, for the reason in the sentence."""
        self.incidents_left_out += 1
        self.questions.append(sentence)

    def wait_for(self, component: str) -> None:
        """One more proposal waits until somebody says what this component id of the feed means."""
        self.waiting[component] += 1

    @property
    def changed_nothing(self) -> bool:
        """Whether everything was there already."""
        return not (
            self.incidents_new
            + self.incidents_changed
            + self.windows_proposed
            + self.maintenance_proposed
            + self.corrections_proposed
            + self.proposals_withdrawn
        )
