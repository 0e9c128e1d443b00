"""The rows of a file become proposals, in one transaction; a second time they become nothing.

What a file says of (source, external id) is compared with what was last proposed of it: the same again is nothing, whatever an
operator decided in between; something else is a proposed correction of what is confirmed, or replaces what is still proposed.
Rows that are no longer in the file are left alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from slaservice.history import operations as history
from slaservice.history.models import Entry
from slaservice.outages import operations
from slaservice.outages.importers.files.kinds import KINDS
from slaservice.outages.importers.files.parsing import Line, parse
from slaservice.outages.importers.files.tables import at
from slaservice.outages.models import CONFIRMED, PROPOSED
from slaservice.outages.operations import life
from slaservice.outages.operations.faults import Faults
from slaservice.outages.operations.life import By, Draft, Register
from slaservice.outages.queries import recorded
from slaservice.rules.refusal import FieldError, Invalid

REPLACED = "Replaced by what the file says now."
AGREES = "The file now says what was confirmed."

MAX_SHOWN = 500
_AT_ONCE = 500


@dataclass
class FileResult:
    """What became, or would become, of the rows. `changes` are sentences, of the first MAX_SHOWN."""

    rows: int = 0
    unchanged: int = 0
    proposed: int = 0
    corrections_proposed: int = 0
    proposals_withdrawn: int = 0
    confirmed: int = 0
    counts_added: int = 0
    counts_corrected: int = 0
    changes: list[str] = field(default_factory=list)

    def tell(self, line: Line, sentence: str) -> None:
        if len(self.changes) < MAX_SHOWN:
            self.changes.append(f"{at(line.number)}: {sentence}")

    @property
    def counts(self) -> dict[str, int]:
        """What there is of each, in words."""
        return {
            name.replace("_", " "): value
            for name, value in vars(self).items()
            if isinstance(value, int) and value
        }


def import_file(
    *,
    kind: str,
    content: bytes,
    source: str,
    by: By,
    now: datetime,
    confirm: bool = False,
    reason: str = "",
    dry_run: bool = False,
) -> FileResult:
    """Imports a whole CSV or XLSX file under the name `source`, or nothing of it.

    `confirm`: what it proposes counts at once. `reason`: why request counts that are recorded otherwise are corrected.
    Invalid with every fault, each with its line and column.
    """
    history.require(by, "outages.import")
    faults = Faults()
    faults.slug("source", source, code="source_is_not_a_slug")
    faults.raise_if_any()
    lines = parse(KINDS[kind], content, now=now)
    result = FileResult(rows=len(lines))
    with transaction.atomic():
        register = KINDS[kind].register
        if register is None:
            _record_counts(lines, result, source=source, by=by, now=now, reason=reason)
        else:
            batches = iter(lines)
            while batch := list(islice(batches, _AT_ONCE)):
                _Batch(register, source, by, now, confirm, result).run(batch)
        transaction.set_rollback(dry_run)
    return result


def _record_counts(
    lines: Sequence[Line], result: FileResult, *, source: str, by: By, now: datetime, reason: str
) -> None:
    try:
        done = operations.record_request_counts(
            rows=[line.value for line in lines], source=source, by=by, now=now, reason=reason
        )
    except Invalid as invalid:
        raise Invalid([_in_lines(error, lines) for error in invalid.errors], invalid.code) from None
    result.counts_added, result.counts_corrected, result.unchanged = (
        done.added,
        done.corrected,
        done.unchanged,
    )


def _in_lines(error: FieldError, lines: Sequence[Line]) -> FieldError:
    """What the operation says of rows[n], said of the file's line."""

    def line(match: re.Match[str]) -> str:
        return at(lines[int(match[1])].number) + (", " if match[2] else "")

    return FieldError(*(re.sub(r"rows\[(\d+)\](\.?)", line, text) for text in (error.path, error.reason)))


@dataclass(frozen=True, slots=True)
class _Batch:
    register: Register
    source: str
    by: By
    now: datetime
    confirm: bool
    result: FileResult

    def run(self, lines: Sequence[Line]) -> None:
        revisions = self._revisions([line.external_id for line in lines])
        said = self._said(revisions)
        drafts = []
        for line in lines:
            mine = revisions.get(line.external_id, [])
            if (draft := self._draft(line, mine, said.get(line.external_id))) is not None:
                drafts.append(draft)
        if drafts:
            rows = life.propose(self.register, drafts=drafts, by=self.by, now=self.now)
            self._confirm(rows)

    def _revisions(self, ids: Sequence[str]) -> dict[str, list[Any]]:
        """Every revision of these things, oldest first."""
        found: dict[str, list[Any]] = {}
        rows = recorded(self.register.model, source=self.source, external_id__in=ids)
        for row in rows.order_by("external_id", "revision"):
            found.setdefault(row.external_id, []).append(row)
        return found

    def _said(self, revisions: Mapping[str, list[Any]]) -> dict[str, Any]:
        """What the source last said of each thing: the facts of the newest revision that was proposed, not made by a person's
        correction.
        """
        rows = [row for mine in revisions.values() for row in mine]
        proposed = Entry.objects.filter(
            object_type=self.register.model._meta.label_lower,
            object_id__in=[str(row.pk) for row in rows],
            action=f"{self.register.area}.propose",
        )
        from_source = set(proposed.values_list("object_id", flat=True))
        return {row.external_id: self.register.facts_of(row) for row in rows if str(row.pk) in from_source}

    def _draft(self, line: Line, revisions: Sequence[Any], said: Any) -> Draft | None:
        """What is to be proposed; on the way, a proposal that is overtaken is withdrawn."""
        if line.value == said:
            self.result.unchanged += 1
            return None
        if not revisions:
            self.result.proposed += 1
            self.result.tell(line, f"new: {_told(line.value.described())}")
            return Draft(line.value, self.source, line.external_id, f"{self.source}/{line.external_id}")
        confirmed = next((row for row in revisions if row.state == CONFIRMED), None)
        settled = confirmed is not None and self.register.facts_of(confirmed) == line.value
        for pending in revisions:
            if pending.state == PROPOSED:
                self._withdraw(line, pending, AGREES if settled else REPLACED)
        if settled:
            self.result.unchanged += 1
            return None
        return self._correction(line, revisions, confirmed)

    def _correction(self, line: Line, revisions: Sequence[Any], confirmed: Any) -> Draft:
        before = self.register.facts_of(confirmed or revisions[-1])
        if confirmed is None:
            self.result.proposed += 1
        else:
            self.result.corrections_proposed += 1
        self.result.tell(line, f"{(confirmed or revisions[-1]).reference}: {_changed(before, line.value)}")
        first, last = revisions[0], revisions[-1]
        return Draft(line.value, self.source, line.external_id, first.reference, last.revision + 1, confirmed)

    def _withdraw(self, line: Line, row: Any, reason: str) -> None:
        life.withdraw(self.register, row=row, by=self.by, now=self.now, reason=reason)
        self.result.proposals_withdrawn += 1
        self.result.tell(line, f"{row.reference}: no longer proposed. {reason}")

    def _confirm(self, rows: Sequence[Any]) -> None:
        for row in rows if self.confirm else ():
            life.confirm(self.register, row=row, by=self.by, now=self.now)
            self.result.confirmed += 1


def _told(described: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {_plain(value)}" for name, value in described.items() if value not in ("", None, [])
    )


def _changed(before: Any, after: Any) -> str:
    old, new = before.described(), after.described()
    return ", ".join(f"{name} {_plain(old[name])} -> {_plain(new[name])}" for name in _differing(old, new))


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    return (name for name in new if old.get(name) != new[name])


def _plain(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else "none" if value is None else str(value)[:200]
