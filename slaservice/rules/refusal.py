"""How a rule says no.

One exception for everything that the rules, operations and documents refuse, so that the API, the admin and the command
line each need one handler: a stable code for programs and one sentence for people.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class Refusal(Exception):
    """Something was asked for that a rule forbids. `code` is stable snake_case, `sentence` is plain English."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong in a document: `path` like `terms.cap.value` or `input.outages[3].end`."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class Invalid(Refusal):
    """A document or a file that cannot be used: every error at once, each with the field's path."""

    def __init__(self, errors: Sequence[FieldError], code: str = "invalid_document") -> None:
        super().__init__(code, "; ".join(map(str, errors)))
        self.errors = tuple(errors)
