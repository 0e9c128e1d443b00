"""Faults are collected, not raised one by one: whoever fills in a contract is told everything that is wrong with it."""

import unicodedata

from slaservice.rules.refusal import FieldError, Invalid

_TURNS = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
"""Embeddings, overrides and isolates: with them a name is shown in another order than it is kept."""


LONGEST_REASON = 3900


def reason_of(reason: object, *, blank: bool, code: str = "invalid_reason") -> str:
    """Why somebody did something, in lines: trimmed, and Invalid where it is too long or controls how it is shown."""
    faults = Faults(code)
    clean = faults.text("reason", reason, longest=LONGEST_REASON, lines=True, blank=blank)
    faults.raise_if_any()
    return clean


class Faults:
    """The faults of one entry, each with its field's path. `raise_if_any` ends the reading."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.errors: list[FieldError] = []

    def add(self, path: str, reason: str) -> None:
        self.errors.append(FieldError(path, reason))

    def raise_if_any(self) -> None:
        """Invalid with all of them."""
        if self.errors:
            raise Invalid(self.errors, self.code)

    def text(
        self, path: str, value: object, *, longest: int, lines: bool = False, blank: bool = False
    ) -> str:
        """The text trimmed and in NFC; a fault when it is blank, too long, or holds what controls how it is shown."""
        if not isinstance(value, str):
            self.add(path, "must be text")
            return ""
        clean = unicodedata.normalize("NFC", value.replace("\r\n", "\n") if lines else value).strip()
        if not clean and not blank:
            self.add(path, "is missing")
        if len(clean) > longest:
            self.add(path, f"is longer than {longest} characters")
        if any(unicodedata.category(c) in ("Cc", "Cs") and not (lines and c == "\n") for c in clean):
            self.add(path, "holds a control character")
        for turn in sorted(_TURNS.intersection(clean)):
            self.add(path, f"holds {unicodedata.name(turn)}, which turns the writing around")
        return clean
