"""What the form over terms is laid out of: fields, rows of like fields, groups under a heading."""

from dataclasses import dataclass

from accounts.admin.contract_form.kinds import Choices, Kind


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `paper` is the wording of contracts that it stands for; `joined`: it goes on with the field before it."""

    path: str
    label: str
    kind: Kind
    help: str = ""
    paper: str = ""
    choices: Choices = ()
    default: str = ""
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of like rows at `path`; `key` is the column that names a row where the document holds an object, not a list."""

    path: str
    fields: tuple[Field, ...]
    add: str
    help: str = ""
    paper: str = ""
    key: str = ""
    first: tuple[str, ...] = ()
    """The keys that a new form starts with."""


@dataclass(frozen=True, slots=True)
class Group:
    """What stands together under one heading."""

    title: str
    parts: tuple[Field | Rows, ...]
    help: str = ""
    rare: bool = False


ROUNDINGS: Choices = (
    ("half_up", "half up"),
    ("half_even", "half to the even digit"),
    ("floor", "down"),
    ("ceil", "up"),
)
